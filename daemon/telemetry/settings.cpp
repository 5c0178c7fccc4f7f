#include "telemetry/settings.hpp"

#include "base/yaml.hpp"
#include "telemetry/kernel_words.hpp"

#include <algorithm>
#include <array>

namespace holdfast::telemetry {

namespace {

constexpr std::array numbers{
    Field{"sample-seconds", &Settings::sample_seconds, 60, 1, 3600, "seconds between two samples"},
    Field{"window-seconds", &Settings::window_seconds, 900, 2, 86'400, "seconds that are reduced to one record"},
    Field{"whole-hours", &Settings::whole_hours, 24, 1, 24, "hours after which what did not move is told again"},
    Field{"series", &Settings::series, 600, 50, 10'000, "series at most; others are left out, and counted"},
    Field{"log-patterns", &Settings::patterns, 200, 0, 5000, "patterns of messages at most in one window"},
    Field{"log-example-bytes", &Settings::example_bytes, 256, 0, 2048, "bytes of the one example of each pattern"},
    Field{"port", &Settings::port, 9797, 0, 65'535, "port on the loopback for Prometheus; 0: none"},
};

// Of syslog, the most important first; debug is never taken.
constexpr std::array<std::string_view, debug> priority_words{"emerg",   "alert",  "crit", "err",
                                                             "warning", "notice", "info"};

Result<double> band_at(const yaml::Mapping& mapping, const char* key, double most) {
    if (!mapping.has(key)) return 0;
    const auto number = number_in(TRY(mapping.text(key)));
    if (!number || *number < 0 || *number > most)
        return mapping.refuse(key, "write a number from 0 on" + std::string(most < 2 ? " to 1, as 0.05" : ", as 0.5"));
    return *number;
}

Result<Deadband> deadband_of(const yaml::Mapping& mapping) {
    constexpr double largest = 1e300;
    TRY(mapping.only({"series", "absolute", "relative"}));
    Deadband made{TRY(mapping.text("series")), TRY(band_at(mapping, "absolute", largest)),
                  TRY(band_at(mapping, "relative", 1))};
    if (made.pattern.empty()) return mapping.refuse("series", "write a name, as holdfast_host_load*");
    if (!mapping.has("absolute") && !mapping.has("relative"))
        return mapping.refuse("series", "write how far it may go: absolute, or relative");
    return made;
}

Result<Settings> settings_of(const yaml::Mapping& mapping) {
    std::vector<std::string_view> known{"log-priority", "deadbands"};
    for (const auto& field : numbers) known.push_back(field.key);
    TRY(mapping.only(known));
    Settings made;
    for (const auto& field : numbers) {
        const long value = TRY(mapping.whole(field.key, field.otherwise));
        if (value < field.least || value > field.most)
            return mapping.refuse(field.key,
                                  "write " + std::to_string(field.least) + " to " + std::to_string(field.most));
        made.*field.value = value;
    }
    if (made.window_seconds < 2 * made.sample_seconds)
        return mapping.refuse("window-seconds",
                              "a window has two samples at least; write more, or less sample-seconds");
    if (mapping.has("log-priority")) {
        const auto word = TRY(mapping.one_of("log-priority", {priority_words.begin(), priority_words.end()}));
        made.priority = static_cast<int>(std::ranges::find(priority_words, word) - priority_words.begin());
    }
    for (const auto& each : TRY(mapping.children("deadbands"))) made.deadbands.push_back(TRY(deadband_of(each)));
    return made;
}

Result<Settings> with_ours(const std::optional<yaml::Mapping>& found) {
    auto made = found ? TRY(settings_of(*found)) : Settings{};
    made.deadbands.insert(made.deadbands.end(), default_deadbands().begin(), default_deadbands().end());
    return made;
}

}  // namespace

std::span<const Field> fields() {
    return numbers;
}

Result<Settings> parse_settings(std::string_view text, const std::string& name) {
    return with_ours(TRY(yaml::Mapping::parse_settings(text, name)));
}

Result<Settings> load_settings(const std::filesystem::path& root) {
    return with_ours(TRY(yaml::Mapping::load_settings(root, "telemetry.yaml")));
}

}  // namespace holdfast::telemetry
