#include "catalog/search.hpp"

#include "base/text.hpp"
#include "catalog/kinds.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <functional>

namespace holdfast::catalog {

namespace {

bool is_apart(std::string_view path) {
    constexpr std::array<std::string_view, 7> apart{
        "attachments", "relations", "status", "metadata.name", "metadata.namespace", "metadata.uid", "metadata.etag"};
    return std::ranges::contains(apart, path);
}

std::string written(const Json& scalar) {
    if (scalar.is_number_float()) return std::format("{}", scalar.get<double>());  // 1 for 1.0, as in JavaScript
    return scalar.is_string() ? scalar.get<std::string>() : scalar.dump();
}

void add(const std::string& path, const Json& scalar, std::vector<Term>& into) {
    std::string key = small(path);
    if (key.size() > key_limit) return;
    if (scalar.is_null()) {
        into.push_back({std::move(key), {}, {}});
        return;
    }
    const std::string as_written = written(scalar);
    std::string value = small(as_written);
    if (value.size() > catalog::value_limit)
        into.push_back({std::move(key), {}, {}});
    else
        into.push_back({std::move(key), std::move(value), as_written});
}

void visit(const std::string& path, const Json& value, std::vector<Term>& into) {
    if (is_apart(path)) return;
    if (value.is_object()) {
        for (const auto& [name, each] : value.items()) visit(path.empty() ? name : path + "." + name, each, into);
    } else if (value.is_array()) {
        for (const auto& each : value) {
            visit(path, each, into);
            if (each.is_string()) add(path + "." + each.get<std::string>(), true, into);
        }
    } else {
        add(path, value, into);
    }
}

void only_once(auto& list, const auto& same) {
    std::ranges::sort(list);
    const auto rest = std::ranges::unique(list, same);
    list.erase(rest.begin(), rest.end());
}

// One text, or each text of a list.
std::vector<std::string> texts(const Json& value) {
    std::vector<std::string> all;
    if (value.is_string()) all.push_back(value);
    if (value.is_array())
        for (const auto& each : value)
            if (each.is_string()) all.push_back(each);
    return all;
}

const Json& member(const Json& map, const char* name) {
    static const Json none;
    if (!map.is_object()) return none;
    const auto found = map.find(name);
    return found == map.end() ? none : *found;
}

void gather(const Json& value, std::string& into) {
    if (value.is_string()) {
        into += value.get_ref<const std::string&>();
        into += '\n';
    } else if (value.is_structured()) {
        for (const auto& each : value) gather(each, into);
    }
}

}  // namespace

std::vector<Term> terms(const Json& entity) {
    std::vector<Term> all;
    visit("", entity, all);
    const Json& metadata = member(entity, "metadata");
    for (const auto* name : {"name", "uid"})
        if (const Json& value = member(metadata, name); !value.is_null())
            add(std::string("metadata.") + name, value, all);
    const Json& space = member(metadata, "namespace");
    add("metadata.namespace", space.is_null() ? Json(default_namespace) : space, all);
    for (const Json& each : member(entity, "relations"))
        if (each.is_object() && each.value("type", Json()).is_string())
            add("relations." + each.at("type").get<std::string>(), each.value("targetRef", Json()), all);
    only_once(all, [](const Term& a, const Term& b) { return a.key == b.key && a.value == b.value; });
    return all;
}

std::vector<Link> links(const Json& entity) {
    std::vector<Link> all;
    const KindModel* model = find_kind(texts(member(entity, "kind")).empty() ? "" : texts(member(entity, "kind"))[0]);
    if (model == nullptr) return all;
    const auto space = texts(member(member(entity, "metadata"), "namespace"));
    for (const auto& each : model->spec) {
        if (each.relation == nullptr) continue;
        for (const auto& name : texts(member(member(entity, "spec"), std::string(each.name).c_str())))
            if (const auto target = parse_reference(name, each.kind, space.empty() ? default_namespace : space[0]))
                all.push_back({std::string(each.relation->there), std::string(each.relation->back), text(*target)});
    }
    only_once(all, std::equal_to());
    return all;
}

std::string words(const Json& entity) {
    std::string all;
    for (const auto* part : {"kind", "metadata", "spec"}) gather(member(entity, part), all);
    return all;
}

}  // namespace holdfast::catalog
