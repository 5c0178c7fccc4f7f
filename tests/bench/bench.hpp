// A benchmark: named figures, measured in this run.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::bench {

using Figures = std::vector<std::pair<std::string, double>>;

// `source` is the repository, with build/release in it.
Result<Figures> image(const std::filesystem::path& source);
Result<Figures> update(const std::filesystem::path& source);
Result<Figures> enroll(const std::filesystem::path& source);

// Unpacks a bundle's first content into a system partition's slot b; what that took, of this process alone.
struct Applying {
    double seconds = 0, peak_mib = 0;  // peak of the resident memory, mapped files included
};
Result<Applying> apply_bundle(const std::filesystem::path& bundle, const std::filesystem::path& sysroot,
                              const std::filesystem::path& keyring);

}  // namespace holdfast::bench
