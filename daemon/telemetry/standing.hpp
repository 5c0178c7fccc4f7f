// How the box stands, as other rooms have written it down: its health, and its last update. What is not there is left
// out.
#pragma once

#include "base/result.hpp"
#include "telemetry/series.hpp"

#include <filesystem>

namespace holdfast::telemetry {

// Of the last report. An Error where there is one that cannot be read.
Result<> add_health(const std::filesystem::path& root, Samples& into);
// Of the journal of updates.
Result<> add_update(const std::filesystem::path& root, Samples& into);

}  // namespace holdfast::telemetry
