// The software bill of materials of a root tree, in SPDX 2.3 and CycloneDX 1.6.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast::sbom {

struct SbomInputs {
    std::string name, version;        // of the image
    std::filesystem::path root;       // the tree; licences come from its usr/share/doc/PACKAGE/copyright
    std::filesystem::path dpkg;       // holds dpkg's `status`
    std::filesystem::path built;      // dpkg paragraphs of packages that parts were built from; need not be there
    std::filesystem::path apt_lists;  // holds *_Packages; empty: none
    std::filesystem::path debs;       // holds our own .deb files; empty: none
    std::string time;                 // seconds since 1970, written into both documents
};

// Writes both documents; the same inputs give the same bytes. A package whose digest nothing at hand tells is written
// without one and counted. NotFound for a missing folder or status, Corrupt for what cannot be parsed.
Result<> write(const SbomInputs& inputs, const std::filesystem::path& spdx_json, const std::filesystem::path& cdx_json);

}  // namespace holdfast::sbom
