// What runs here: units of systemd, asked over D-Bus.
#pragma once

#include "base/result.hpp"
#include "telemetry/series.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::telemetry {

// The units that are looked at one by one, as patterns of systemd: ours, the runtimes', and what podman starts from the
// Quadlet files below the root.
std::vector<std::string> watched_units(const std::filesystem::path& root);

// How many units failed and which (32 at most), and of each watched one its state, how often it was started again, and
// its memory. `bus` is an address; empty: the system's bus. Offline where there is no bus, or nobody answers there
// within five seconds: then nothing of it is in `into`.
Result<> add_units(const std::string& bus, const std::filesystem::path& root, Samples& into);

}  // namespace holdfast::telemetry
