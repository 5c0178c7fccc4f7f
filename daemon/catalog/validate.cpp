#include "catalog/validate.hpp"

#include "base/text.hpp"
#include "catalog/kinds.hpp"
#include "catalog/names.hpp"
#include "catalog/url.hpp"

#include <algorithm>

namespace holdfast::catalog {

namespace {

using Words = std::vector<std::string>;

std::string word_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : std::string();
}

bool is_text(const Json& value) {
    return value.is_string() && !value.get_ref<const std::string&>().empty();
}

// Whether that is of the shape, apart from what is inside of maps; and what it should be.
struct Expected {
    bool met;
    const char* words;
};

bool all_of(const Json& value, bool (*is)(const Json&)) {
    return value.is_array() && std::ranges::all_of(value, is);
}

Expected expected(const Json& value, Shape shape) {
    const auto is_word = [](const Json& each) { return each.is_string(); };
    const auto is_map = [](const Json& each) { return each.is_object(); };
    switch (shape) {
        case Shape::Text: return {is_text(value), "a text that is not empty"};
        case Shape::Word: return {value.is_string(), "a text"};
        case Shape::WordOrFlag: return {value.is_string() || value.is_boolean(), "a text, true or false"};
        case Shape::Presence: return {value == "required" || value == "optional", "'required' or 'optional'"};
        case Shape::Texts: return {all_of(value, is_text), "a list of texts, none of them empty"};
        case Shape::Words: return {all_of(value, is_word), "a list of texts"};
        case Shape::Map:
        case Shape::WordMap: return {value.is_object(), "a map"};
        case Shape::Maps: return {all_of(value, is_map), "a list of maps"};
        case Shape::MapOrMaps: return {value.is_object() || all_of(value, is_map), "a map, or a list of maps"};
        case Shape::Any: return {true, ""};
    }
    return {false, ""};
}

void check_members(const Json& map, std::span<const Member> members, const std::string& place, Words& said);

void check(const Json& value, const Member& member, const std::string& place, Words& said) {
    const auto [met, words] = expected(value, member.shape);
    if (!met) {
        said.push_back(place + ": must be " + words);
        return;
    }
    if (value.is_object()) check_members(value, member.inside, place, said);
    if (value.is_object() && member.shape == Shape::WordMap)
        for (const auto& [name, each] : value.items())
            if (!each.is_string() && !std::ranges::contains(member.inside, name, &Member::name))
                said.push_back(place + "." + name + ": must be a text");
    if (!value.is_array() || member.inside.empty()) return;
    for (std::size_t i = 0; i < value.size(); ++i)
        check_members(value[i], member.inside, place + "[" + std::to_string(i) + "]", said);
}

void check_members(const Json& map, std::span<const Member> members, const std::string& place, Words& said) {
    for (const auto& member : members) {
        const std::string name(member.name);
        const auto found = map.find(name);
        if (found != map.end())
            check(*found, member, place + "." + name, said);
        else if (member.required)
            said.push_back(place + "." + name + ": is missing");
    }
}

void check_map_of_names(const Json& metadata, const char* name, bool (*takes)(const Json&), const char* words,
                        Words& said) {
    const auto found = metadata.find(name);
    if (found == metadata.end() || !found->is_object()) return;
    for (const auto& [key, value] : found->items()) {
        const std::string place = std::string("metadata.") + name + "." + key;
        if (!is_prefixed_name(key))
            said.push_back(place +
                           ": its key must be a name of letters and digits with any of -_. between them, 63 at "
                           "most, and may have a domain and a slash in front");
        if (!takes(value)) said.push_back(place + ": must be " + words);
    }
}

void check_links(const Json& metadata, Words& said) {
    const auto found = metadata.find("links");
    if (found == metadata.end() || !found->is_array()) return;
    for (std::size_t i = 0; i < found->size(); ++i) {
        const Json& link = (*found)[i];
        if (!link.is_object()) continue;
        const std::string place = "metadata.links[" + std::to_string(i) + "].";
        if (const auto url = link.find("url"); url != link.end() && is_text(*url) && !is_url(word_of(*url)))
            said.push_back(place + "url: '" + word_of(*url) + "' is no URL");
        for (const auto* name : {"title", "icon"})
            if (const auto text = link.find(name); text != link.end() && is_text(*text) && is_blank(word_of(*text)))
                said.push_back(place + name + ": must not be blank");
    }
}

void check_metadata(const Json& metadata, Words& said) {
    check_members(metadata, catalog::metadata(), "metadata", said);
    if (const auto name = metadata.find("name"); name != metadata.end() && is_text(*name) && !is_name(word_of(*name)))
        said.push_back("metadata.name: '" + word_of(*name) +
                       "' must be letters and digits with any of -_. between them, 63 at most");
    if (const auto space = metadata.find("namespace");
        space != metadata.end() && is_text(*space) && !is_label(word_of(*space)))
        said.push_back("metadata.namespace: '" + word_of(*space) +
                       "' must be small letters and digits with hyphens between them, 63 at most");
    check_map_of_names(
        metadata, "labels", [](const Json& value) { return value == "" || is_name(word_of(value)); },
        "a name, or empty", said);
    check_map_of_names(metadata, "annotations", [](const Json& value) { return value.is_string(); }, "a text", said);
    if (const auto tags = metadata.find("tags"); tags != metadata.end() && tags->is_array())
        for (const auto& tag : *tags)
            if (is_text(tag) && !is_tag(word_of(tag)))
                said.push_back("metadata.tags: '" + word_of(tag) +
                               "' must be of small letters, digits, :, + and #, with hyphens between them, 63 at most");
    check_links(metadata, said);
}

void check_kind(const Json& document, Words& said) {
    const std::string kind = word_of(document.value("kind", Json())),
                      version = word_of(document.value("apiVersion", Json()));
    const KindModel* model = find_kind(kind);
    if (model == nullptr) {
        Words known;
        for (const auto& each : kinds()) known.emplace_back(each.kind);
        const std::string meant = nearest(kind, known);
        said.push_back("kind: '" + kind + "' is none; " +
                       (meant.empty() ? "there are " + join(known, ", ") : "is it " + meant + "?"));
        return;
    }
    if (!std::ranges::contains(model->versions, version))
        said.push_back("apiVersion: '" + version + "' is none of " + kind + "; there is " +
                       std::string(model->versions.front()));
    const auto spec = document.find("spec");
    if (spec == document.end())
        said.emplace_back("spec: is missing");
    else
        check(*spec, {"spec", Shape::Map, true, model->spec}, "spec", said);
}

}  // namespace

std::vector<std::string> objections(const Json& document) {
    if (!document.is_object()) return {"an entity must be a map"};
    Words said;
    for (const auto& [name, value] : document.items())
        if (!std::ranges::contains(std::initializer_list<std::string_view>{"apiVersion", "kind", "metadata", "spec"},
                                   name))
            said.push_back(name + ": is not known; there are apiVersion, kind, metadata and spec");
    const auto metadata = document.find("metadata");
    if (metadata == document.end() || !metadata->is_object())
        said.emplace_back("metadata: must be a map");
    else
        check_metadata(*metadata, said);
    check_kind(document, said);
    return said;
}

}  // namespace holdfast::catalog
