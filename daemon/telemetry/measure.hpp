// One look at everything that is measured here.
#pragma once

#include "telemetry/series.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace holdfast::telemetry {

struct Measured {
    Samples samples;
    std::map<std::string, std::string> troubles;  // source, and why it could not be read
};

// Of host, health, units and updates below the root; `bus` as in units.hpp. A source that could not be read costs its
// own series alone, and `holdfast_telemetry_source_up` says so.
Measured measure(const std::filesystem::path& root, const std::string& bus);

}  // namespace holdfast::telemetry
