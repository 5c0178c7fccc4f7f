// Our catalog's server beside Backstage's own backend on SQLite, over HTTP, with the same entities.
#pragma once

#include "bench/bench.hpp"

#include <filesystem>

namespace holdfast::bench {

// `box` is the root of a box with a catalog, `folder` is made. No figures where Backstage's backend cannot be
// installed; the person is told why.
Result<Figures> beside_backstage(const std::filesystem::path& source, const std::filesystem::path& box,
                                 const std::filesystem::path& folder);

}  // namespace holdfast::bench
