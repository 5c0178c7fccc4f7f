#include "programs/catalog_show.hpp"

#include "base/text.hpp"
#include "base/when.hpp"
#include "base/yaml_documents.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace holdfast {

namespace {

constexpr std::int64_t thousand = 1000;

void put(const std::string& line) {
    std::puts(line.c_str());
}

std::string word(const Json& document, const char* part, const char* name) {
    const Json inside = document.value(part, Json());
    if (!inside.is_object() || !inside.contains(name) || !inside[name].is_string()) return "";
    return inside[name].get<std::string>();
}

// What people may have put into an entity does not move a terminal's cursor.
std::string tame(std::string text) {
    std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c == '\x7f'; }, ' ');
    return text;
}

std::string short_value(const std::optional<Json>& value) {
    if (!value) return "(gone)";
    const std::string all = tame(json::write(*value));
    constexpr std::size_t width = 60;
    return all.size() <= width ? all : all.substr(0, width) + "…";
}

const char* text(catalog::Outcome outcome) {
    switch (outcome) {
        case catalog::Outcome::Created: return "created";
        case catalog::Outcome::Changed: return "changed";
        case catalog::Outcome::Unchanged: return "unchanged";
        case catalog::Outcome::Removed: break;
    }
    return "removed";
}

Json in_json(const CatalogPlace& place, const catalog::Disagreement& one) {
    Json said = Json::array();
    for (const auto& each : one.said)
        said.push_back({{"node", hex(each.origin)},
                        {"name", place.named(each.origin)},
                        {"self", place.origin == each.origin},
                        {"at", each.at.wall},
                        {"value", each.value ? *each.value : Json()},
                        {"removes", !each.value.has_value()},
                        {"counts", each.counts}});
    return {{"entity", one.entity}, {"path", one.path}, {"said", said}};
}

}  // namespace

void show_entity(const catalog::Entity& entity, Form form) {
    if (form == Form::OneLine)
        put(json::write(entity.document));
    else
        std::fputs(yaml::write(entity.document).c_str(), stdout);
    for (const auto& each : entity.objections)
        std::fprintf(stderr, "note: what several nodes did to it leaves no whole entity: %s\n", tame(each).c_str());
}

void show_list(const std::vector<catalog::Entity>& entities, Form form) {
    if (form == Form::OneLine) {
        Json all = Json::array();
        for (const auto& each : entities) all.push_back(each.document);
        return put(json::write(all));
    }
    if (form == Form::Yaml) {
        for (const auto& each : entities) std::printf("---\n%s", yaml::write(each.document).c_str());
        return;
    }
    if (entities.empty()) return put("there is none of that");
    using Line = std::array<std::string, 4>;
    std::vector<Line> lines{{"ENTITY", "TYPE", "OWNER", "TITLE"}};
    for (const auto& each : entities)
        lines.push_back({each.name, tame(word(each.document, "spec", "type")),
                         tame(word(each.document, "spec", "owner")), tame(word(each.document, "metadata", "title"))});
    std::array<int, 4> widths{};
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], static_cast<int>(line[i].size()));
    for (const auto& line : lines)
        put(std::string(trim(std::format("{:<{}}  {:<{}}  {:<{}}  {}", line[0], widths[0], line[1], widths[1], line[2],
                                         widths[2], line[3]))));
}

void show_applied(const std::vector<catalog::Applied>& all, bool json) {
    Json told = Json::array();
    for (const auto& each : all) {
        told.push_back({{"entity", each.entity}, {"outcome", text(each.outcome)}, {"fields", each.fields}});
        if (!json)
            put(std::format("{} {}{}", each.entity, text(each.outcome),
                            each.outcome == catalog::Outcome::Changed ? ": " + join(each.fields, ", ") : ""));
    }
    if (json) put(json::write(told));
}

void show_conflicts(const CatalogPlace& place, const std::vector<catalog::Disagreement>& disagreements,
                    const std::vector<catalog::KeptOut>& kept_out, bool json) {
    if (json) {
        Json all = Json::array(), kept = Json::array();
        for (const auto& each : disagreements) all.push_back(in_json(place, each));
        for (const auto& each : kept_out)
            kept.push_back({{"node", hex(each.origin)},
                            {"name", place.named(each.origin)},
                            {"sequence", each.sequence},
                            {"entity", each.entity}});
        return put(json::write({{"conflicts", all}, {"kept_out", kept}}));
    }
    for (const auto& each : disagreements) {
        put(each.entity + " " + tame(each.path));
        for (std::size_t i = 0; i < each.said.size(); ++i) {
            const auto& said = each.said[i];
            put(std::format("  {}  {}  {}  {}{}", i + 1, date(said.at.wall / thousand), place.named(said.origin),
                            short_value(said.value), said.counts ? "  (counts meanwhile)" : ""));
        }
        put(std::format("  decide with: holdfast catalog resolve {} {} NUMBER", each.entity, tame(each.path)));
    }
    for (const auto& each : kept_out)
        put(std::format("kept out: {} may not write {} (record {})", place.named(each.origin),
                        each.entity.empty() ? "what cannot be read" : tame(each.entity), each.sequence));
    if (disagreements.empty() && kept_out.empty()) put("nobody disagrees, and nothing was kept out");
}

void show_history(const CatalogPlace& place, const std::vector<catalog::Event>& events, bool json) {
    Json all = Json::array();
    for (const auto& each : events) {
        Json fields = Json::array();
        for (const auto& field : each.fields)
            fields.push_back({{"path", field.path},
                              {"value", field.value ? *field.value : Json()},
                              {"removes", !field.value.has_value()}});
        all.push_back({{"node", hex(each.origin)},
                       {"name", place.named(each.origin)},
                       {"sequence", each.sequence},
                       {"at", each.at.wall},
                       {"removed", each.removed},
                       {"fields", fields}});
        if (json) continue;
        put(std::format("{}  {}  record {}{}", date(each.at.wall / thousand), place.named(each.origin), each.sequence,
                        each.removed ? "  removed" : ""));
        for (const auto& field : each.fields) put("  " + tame(field.path) + " = " + short_value(field.value));
    }
    if (json) put(json::write(all));
}

}  // namespace holdfast
