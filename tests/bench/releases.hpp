// Three releases of the default image as the mirror has them today: one with every package as old as it is to be had,
// one with the security fixes since, and one with a newer kernel as well.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::bench {

struct BuiltRelease {
    std::string version, commit;
    std::filesystem::path folder;  // as 'holdfast-image build' makes it
};

struct ThreeReleases {
    BuiltRelease old, security, kernel;
    std::filesystem::path keys;
    std::vector<std::string> fixed, kernels;  // packages that differ, as "libssl3t64 3.5.7-1 3.5.9-1"
};

// Builds them below `folder`, with `program` (holdfast-image) from `source`. NotFound where the mirror has but one
// version of each package: then there is nothing to compare today.
Result<ThreeReleases> build_releases(const std::filesystem::path& source, const std::filesystem::path& folder,
                                     const std::filesystem::path& build);

}  // namespace holdfast::bench
