// CycloneDX 1.6 in JSON (https://cyclonedx.org/docs/1.6/json/).
#include "base/text.hpp"
#include "sbom/bom.hpp"

namespace holdfast::sbom {

namespace {

using Ordered = nlohmann::ordered_json;

Ordered property(const char* name, const std::string& value) {
    return {{"name", name}, {"value", value}};
}

Ordered supplier(const Contact& contact) {
    Ordered result{{"name", contact.name}};
    if (!contact.mail.empty()) result["contact"] = Ordered::array({{{"name", contact.name}, {"email", contact.mail}}});
    return result;
}

// The source package that a binary package was built from.
Ordered pedigree(const Component& component) {
    const auto& installed = component.installed;
    return {
        {"ancestors",
         Ordered::array({{{"type", "library"},
                          {"name", installed.source},
                          {"version", installed.source_version},
                          {"purl", purl(component.vendor(), installed.source, installed.source_version, "source")}}})}};
}

Ordered properties(const Component& component) {
    Ordered result = Ordered::array({property("holdfast:parts", join(component.parts, " "))});
    if (!component.file) {
        result.push_back(property("holdfast:checksum", no_checksum));
        return result;
    }
    result.push_back(property("holdfast:package:file", component.file->name));
    result.push_back(property("holdfast:package:size", std::to_string(component.file->size)));
    return result;
}

Ordered component_of(const Component& component) {
    const auto& installed = component.installed;
    Ordered result{{"type", "library"}, {"bom-ref", component.purl}};
    if (const auto by = contact(installed.maintainer); !by.name.empty()) result["supplier"] = supplier(by);
    result["name"] = installed.name;
    result["version"] = installed.version;
    if (!installed.summary.empty()) result["description"] = installed.summary;
    if (component.file) result["hashes"] = Ordered::array({{{"alg", "SHA-256"}, {"content", component.file->sha256}}});
    if (!component.licence.expression.empty())
        result["licenses"] =
            Ordered::array({{{"expression", component.licence.expression}, {"acknowledgement", "declared"}}});
    result["purl"] = component.purl;
    result["pedigree"] = pedigree(component);
    if (installed.homepage.starts_with("http"))
        result["externalReferences"] = Ordered::array({{{"type", "website"}, {"url", installed.homepage}}});
    result["properties"] = properties(component);
    return result;
}

std::string root_reference(const Bom& bom) {
    return "image:" + bom.name;
}

Ordered metadata(const Bom& bom) {
    return {
        {"timestamp", bom.time},
        {"tools",
         {{"components",
           Ordered::array({{{"type", "application"}, {"name", "holdfast-image"}, {"version", HOLDFAST_VERSION}}})}}},
        {"component",
         {{"type", "operating-system"},
          {"bom-ref", root_reference(bom)},
          {"name", bom.name},
          {"version", bom.version}}},
        {"properties",
         Ordered::array({property("holdfast:packages", std::to_string(bom.components.size())),
                         property("holdfast:packages:without-checksum", std::to_string(bom.without_checksum())),
                         property("holdfast:packages:without-licence", std::to_string(bom.without_licence()))})}};
}

Ordered dependencies(const Bom& bom) {
    Ordered all = Ordered::array();
    for (const auto& component : bom.components) all.push_back(component.purl);
    Ordered result = Ordered::array({{{"ref", root_reference(bom)}, {"dependsOn", std::move(all)}}});
    for (const auto& component : bom.components) {
        Ordered on = Ordered::array();
        for (const std::size_t at : component.depends) on.push_back(bom.components[at].purl);
        result.push_back({{"ref", component.purl}, {"dependsOn", std::move(on)}});
    }
    return result;
}

}  // namespace

Ordered cyclonedx(const Bom& bom) {
    Ordered components = Ordered::array();
    for (const auto& component : bom.components) components.push_back(component_of(component));
    Ordered result{{"$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json"},
                   {"bomFormat", "CycloneDX"},
                   {"specVersion", "1.6"},
                   {"serialNumber", ""},
                   {"version", 1},
                   {"metadata", metadata(bom)},
                   {"components", std::move(components)},
                   {"dependencies", dependencies(bom)}};
    result["serialNumber"] = "urn:uuid:" + uuid_of(result.dump());
    return result;
}

}  // namespace holdfast::sbom
