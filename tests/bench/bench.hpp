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

}  // namespace holdfast::bench
