// The computer itself, from /proc, /sys and its file systems. Every reader takes the root folder; what is not there, or
// does not read as the kernel writes it, is left out and never zero.
#pragma once

#include "telemetry/series.hpp"

#include <filesystem>

namespace holdfast::telemetry {

void add_processors(const std::filesystem::path& root, Samples& into);  // proc/stat
void add_memory(const std::filesystem::path& root, Samples& into);      // proc/meminfo
void add_load(const std::filesystem::path& root, Samples& into);        // proc/loadavg, proc/uptime
void add_pressure(const std::filesystem::path& root, Samples& into);    // proc/pressure
void add_disks(const std::filesystem::path& root, Samples& into);    // proc/diskstats: whole disks with something done
void add_network(const std::filesystem::path& root, Samples& into);  // proc/net/dev, without lo
void add_temperatures(const std::filesystem::path& root, Samples& into);  // sys/class/thermal, sys/class/hwmon
void add_file_systems(const std::filesystem::path& root, Samples& into);  // of / and /var below the root

// All of these.
Samples host(const std::filesystem::path& root);

}  // namespace holdfast::telemetry
