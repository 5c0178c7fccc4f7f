#include "inventory/entities.hpp"

#include "base/digest.hpp"

#include <algorithm>
#include <array>

namespace holdfast::inventory {

namespace {

constexpr std::string_view domain = "holdfast.org/";
constexpr std::size_t name_limit = 63;

// Long ones keep their end apart by a digest.
std::string joined(const std::string& box, const std::string& part) {
    std::string name = box + "-" + part;
    if (name.size() <= name_limit) return name;
    constexpr std::size_t digits = 8;
    return name.substr(0, name_limit - digits - 1) + "-" + sha256_hex(name).substr(0, digits);
}

Json prefixed(const Facts& facts) {
    Json all = Json::object();
    for (const auto& [key, value] : facts) all[std::string(domain) + key] = value;
    return all;
}

Json entity(const Box& box, const char* kind, const std::string& name, const Facts& facts) {
    Json annotations = prefixed(facts);
    annotations[observed_by] = box.name;
    return {{"apiVersion", "backstage.io/v1alpha1"},
            {"kind", kind},
            {"metadata", {{"name", name}, {"namespace", box.site}, {"annotations", annotations}}},
            // Nobody is known yet; who it is, people say.
            {"spec", {{"owner", "group:" + box.site + "/" + box.site}}}};
}

std::string reference_to(const Box& box) {
    return "resource:" + box.site + "/" + box.name;
}

// Of an object the members of ours that are not wanted go, and those that are wanted are as they are wanted.
void lay_ours(Json& into, const Json& wanted) {
    if (!into.is_object()) into = Json::object();
    for (auto each = into.begin(); each != into.end();)
        each = each.key().starts_with(domain) && !wanted.contains(each.key()) ? into.erase(each) : std::next(each);
    for (const auto& [key, value] : wanted.items()) into[key] = value;
}

// A list that people may add to.
void lay_list(Json& into, const Json& wanted) {
    if (!into.is_array()) into = Json::array();
    for (const auto& each : wanted)
        if (!std::ranges::contains(into, each)) into.push_back(each);
}

}  // namespace

Json owner_of(const Box& box) {
    return {
        {"apiVersion", "backstage.io/v1alpha1"},
        {"kind", "Group"},
        {"metadata",
         {{"name", box.site}, {"namespace", box.site}, {"description", "Whoever looks after the site " + box.site}}},
        {"spec", {{"type", "site"}, {"children", Json::array()}}}};
}

std::vector<Json> entities_of(const Observed& observed) {
    const auto& box = observed.box;
    std::vector<Json> all;
    Json self = entity(box, "Resource", box.name, box.facts);
    self["metadata"]["labels"] = prefixed(box.labels);
    self["spec"]["type"] = "holdfast-box";
    all.push_back(std::move(self));
    for (const auto& device : observed.devices) {
        Facts facts = device.facts;
        facts["device"] = device.kind;
        Json made = entity(box, "Resource", joined(box.name, device.name), facts);
        made["metadata"]["labels"] = prefixed({{"device", device.kind}});
        made["spec"]["type"] = "device";
        made["spec"]["dependencyOf"] = Json::array({reference_to(box)});
        all.push_back(std::move(made));
    }
    for (const auto& workload : observed.workloads) {
        Facts facts{{"workload", workload.kind}, {"file", workload.file}};
        if (!workload.image.empty()) facts["image"] = workload.image;
        Json made = entity(box, "Component", joined(box.name, workload.name), facts);
        made["spec"]["type"] = "service";
        made["spec"]["lifecycle"] = "production";
        made["spec"]["dependsOn"] = Json::array({reference_to(box)});
        all.push_back(std::move(made));
    }
    return all;
}

Json laid_over(const Json& wanted, const Json& there) {
    if (!there.is_object()) return wanted;
    Json all = there;
    for (const auto* ours : {"apiVersion", "kind"}) all[ours] = wanted.at(ours);
    Json& metadata = all["metadata"];
    metadata["name"] = wanted.at("metadata").at("name");
    metadata["namespace"] = wanted.at("metadata").at("namespace");
    lay_ours(metadata["annotations"], wanted.at("metadata").at("annotations"));
    if (wanted.at("metadata").contains("labels")) lay_ours(metadata["labels"], wanted.at("metadata").at("labels"));
    if (!all.contains("spec") || !all["spec"].is_object()) all["spec"] = Json::object();
    for (const auto& [key, value] : wanted.at("spec").items()) {
        Json& now = all["spec"][key];
        if (value.is_array())
            lay_list(now, value);
        else if (now.is_null() || key == "type")
            now = value;
    }
    return all;
}

}  // namespace holdfast::inventory
