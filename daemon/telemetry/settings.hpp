// What a site wants of telemetry: /etc/holdfast/telemetry.yaml over /usr/lib/holdfast/telemetry.yaml.
#pragma once

#include "base/result.hpp"
#include "telemetry/deadband.hpp"
#include "telemetry/pattern.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::telemetry {

struct Settings {
    long sample_seconds = 60, window_seconds = 900, whole_hours = 24;
    long series = 600;
    long patterns = 200, example_bytes = 256;
    long port = 9797;
    int priority = 6;                 // of syslog
    std::vector<Deadband> deadbands;  // the site's, and then ours
};

// A setting that is a number, with what it is where nobody says anything.
struct Field {
    std::string_view key;
    long Settings::* value;
    long otherwise, least, most;
    std::string_view help;
};
std::span<const Field> fields();

// Corrupt with file, line and key: unknown keys, what is out of bounds, a window that is shorter than its samples.
Result<Settings> load_settings(const std::filesystem::path& root);
Result<Settings> parse_settings(std::string_view text, const std::string& name);

}  // namespace holdfast::telemetry
