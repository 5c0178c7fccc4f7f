// SPDX 2.3 in JSON (https://spdx.github.io/spdx-spec/v2.3/).
#include "base/text.hpp"
#include "sbom/bom.hpp"

#include <format>
#include <map>

namespace holdfast::sbom {

namespace {

using Ordered = nlohmann::ordered_json;

constexpr const char* tool = "Tool: holdfast-image-" HOLDFAST_VERSION;
constexpr const char* none = "NOASSERTION";
constexpr const char* document = "SPDXRef-DOCUMENT";
constexpr const char* image = "SPDXRef-Image";

// 3.2: letters, digits, '.' and '-'. Package names are lower-case, so the capital marks what is encoded.
std::string idstring(std::string_view text) {
    std::string result;
    for (const char letter : text) {
        const bool plain =
            (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || letter == '.' || letter == '-';
        result += plain ? std::string(1, letter) : std::format("X{:02X}", static_cast<unsigned char>(letter));
    }
    return result;
}

std::string id_of(const Component& component) {
    const auto& installed = component.installed;
    return "SPDXRef-Package-" + idstring(installed.name) + "-" + idstring(installed.architecture) + "-" +
           idstring(installed.version);
}

std::string id_of_part(const std::string& part) {
    return "SPDXRef-Part-" + idstring(part);
}

// 7.5: "Person: name (mail)".
std::string agent(const Contact& contact) {
    if (contact.name.empty()) return none;
    const std::string mail = contact.mail.empty() ? "" : " (" + contact.mail + ")";
    return (contact.organisation ? "Organization: " : "Person: ") + contact.name + mail;
}

Ordered package_reference(const std::string& locator, const char* comment) {
    return {{"referenceCategory", "PACKAGE-MANAGER"},
            {"referenceType", "purl"},
            {"referenceLocator", locator},
            {"comment", comment}};
}

void add_file(const Component& component, const std::string& time, Ordered& to) {
    if (!component.file) {
        to["annotations"] = Ordered::array(
            {{{"annotationDate", time}, {"annotationType", "OTHER"}, {"annotator", tool}, {"comment", no_checksum}}});
        return;
    }
    to["packageFileName"] = component.file->name;
    to["checksums"] = Ordered::array({{{"algorithm", "SHA256"}, {"checksumValue", component.file->sha256}}});
    to["comment"] = "The package file has " + std::to_string(component.file->size) + " bytes.";
}

Ordered package(const Component& component, const std::string& time) {
    const auto& installed = component.installed;
    Ordered result{{"name", installed.name},           {"SPDXID", id_of(component)},
                   {"versionInfo", installed.version}, {"supplier", agent(contact(installed.maintainer))},
                   {"downloadLocation", none},         {"filesAnalyzed", false}};
    add_file(component, time, result);
    if (installed.homepage.starts_with("http")) result["homepage"] = installed.homepage;
    result["sourceInfo"] = "built from the Debian source package " + installed.source + " " + installed.source_version;
    result["licenseConcluded"] = none;
    result["licenseDeclared"] = component.licence.expression.empty() ? none : component.licence.expression;
    result["copyrightText"] = none;
    if (!installed.summary.empty()) result["summary"] = installed.summary;
    result["externalRefs"] = Ordered::array(
        {package_reference(component.purl, "the package"),
         package_reference(purl(component.vendor(), installed.source, installed.source_version, "source"),
                           "the source package")});
    return result;
}

Ordered relationship(const std::string& from, const char* type, const std::string& to) {
    return {{"spdxElementId", from}, {"relationshipType", type}, {"relatedSpdxElement", to}};
}

Ordered relationships(const Bom& bom) {
    Ordered result = Ordered::array({relationship(document, "DESCRIBES", image)});
    for (const auto& part : bom.parts) result.push_back(relationship(image, "CONTAINS", id_of_part(part)));
    for (const auto& component : bom.components)
        for (const auto& part : component.parts)
            result.push_back(relationship(id_of_part(part), "CONTAINS", id_of(component)));
    for (const auto& component : bom.components)
        for (const std::size_t at : component.depends)
            result.push_back(relationship(id_of(component), "DEPENDS_ON", id_of(bom.components[at])));
    return result;
}

// What the packages are installed in: the image, and each system in it.
Ordered whole(const std::string& name, const std::string& id, const Bom& bom) {
    return {{"name", name},
            {"SPDXID", id},
            {"versionInfo", bom.version},
            {"downloadLocation", none},
            {"filesAnalyzed", false},
            {"licenseConcluded", none},
            {"licenseDeclared", none},
            {"copyrightText", none},
            {"primaryPackagePurpose", "OPERATING_SYSTEM"}};
}

Ordered packages(const Bom& bom) {
    Ordered result = Ordered::array({whole(bom.name, image, bom)});
    for (const auto& part : bom.parts) result.push_back(whole(bom.name + ": " + part, id_of_part(part), bom));
    for (const auto& component : bom.components) result.push_back(package(component, bom.time));
    return result;
}

Ordered extracted(const Bom& bom) {
    std::map<std::string, const ExtractedLicence*> licences;
    for (const auto& component : bom.components)
        for (const auto& licence : component.licence.extracted) licences.emplace(licence.id, &licence);
    Ordered result = Ordered::array();
    for (const auto& [id, licence] : licences)
        result.push_back(
            {{"licenseId", id},
             {"name", licence->name.empty() ? none : licence->name},
             {"extractedText", licence->text.empty() ? "The copyright file names this licence and gives no text of it."
                                                     : licence->text}});
    return result;
}

std::string counts(const Bom& bom) {
    return std::format("{} packages; {} without a checksum, {} without a machine-readable licence.",
                       bom.components.size(), bom.without_checksum(), bom.without_licence());
}

}  // namespace

Ordered spdx(const Bom& bom) {
    Ordered result{
        {"spdxVersion", "SPDX-2.3"},
        {"dataLicense", "CC0-1.0"},
        {"SPDXID", document},
        {"name", bom.name},
        {"documentNamespace", ""},
        {"creationInfo", {{"created", bom.time}, {"creators", Ordered::array({tool})}, {"licenseListVersion", "3.24"}}},
        {"comment", counts(bom)},
        {"packages", packages(bom)},
        {"hasExtractedLicensingInfos", extracted(bom)},
        {"relationships", relationships(bom)}};
    // 6.5: a name for this document and no other, so it follows from the content.
    result["documentNamespace"] = "https://holdfast.invalid/spdx/" + bom.name + "-" + uuid_of(result.dump());
    return result;
}

}  // namespace holdfast::sbom
