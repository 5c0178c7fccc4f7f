// What is in an image, before it is written in one format or the other.
#pragma once

#include "base/json.hpp"
#include "sbom/dpkg.hpp"
#include "sbom/licence.hpp"
#include "sbom/lists.hpp"

#include <optional>

namespace holdfast::sbom {

struct Component {
    Installed installed;
    Licence licence;
    std::optional<PackageFile> file;   // none: no digest is known, and none is made up
    std::vector<std::size_t> depends;  // places in Bom::components, ascending
    std::string purl;
    std::vector<std::string> parts;  // the systems it is installed in, in the order of Bom::parts

    // The vendor in package-urls: whose archive the package and its source are from.
    const char* vendor() const { return file && file->ours ? "holdfast" : "debian"; }
};

struct Bom {
    std::string name, version;
    std::string time;                   // 2023-11-14T22:13:20Z
    std::vector<std::string> parts;     // the systems in the image
    std::vector<Component> components;  // by name, version and architecture

    std::size_t without_checksum() const;
    std::size_t without_licence() const;
};

inline constexpr const char* no_checksum =
    "No checksum: no package list at hand names this version, or the lists disagree about it.";

// package-url (ECMA-427), type deb: "pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=amd64".
std::string purl(std::string_view vendor, std::string_view name, std::string_view version,
                 std::string_view architecture);

// "Someone <someone@example.org>" in two.
struct Contact {
    std::string name, mail;
    bool organisation = false;  // the name or the address is one of a team
};
Contact contact(const std::string& maintainer);

// For each package the installed ones that fulfil its dependencies: of alternatives the first that is there, by name
// before by Provides.
std::vector<std::vector<std::size_t>> resolve(const std::vector<Installed>& packages);

// RFC 9562, 5.8 and B.2: version 8, the first bits of the SHA-256 of `bytes`.
std::string uuid_of(std::string_view bytes);

// Seconds since 1970 as ISO 8601 in UTC; Corrupt where it is no number or beyond the year 9999.
Result<std::string> iso_time(std::string_view seconds);

// The documents; the same Bom gives the same bytes.
nlohmann::ordered_json spdx(const Bom& bom);
nlohmann::ordered_json cyclonedx(const Bom& bom);

}  // namespace holdfast::sbom
