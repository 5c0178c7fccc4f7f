// What is in a finished image, whether it is what its papers say, and where two of them differ.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace holdfast::inspect {

// The papers of an image folder (NAME/NAME.json and what they name). NotFound where the folder is none.
Result<nlohmann::ordered_json> papers(const std::filesystem::path& image);

struct Finding {
    bool good;
    std::string what;  // one sentence
};

// Checks every object of the repository, signatures of commit, UKI, addons and loader with the keys of
// `key_directory`, that the measurements beside the image are those that the commit's signature covers, and each file
// (disk, installer, SBOMs, papers) by the signed SHA256SUMS. Errors only where it cannot look.
Result<std::vector<Finding>> verify(const std::filesystem::path& image, const std::filesystem::path& key_directory);

// The first path whose content, type, owner or mode differs between the commits of two images, with both
// lines of `ostree ls`; "" where they are equal.
Result<std::string> first_difference(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace holdfast::inspect
