// What is measured: a number under a name and labels, as Prometheus has them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::telemetry {

// A gauge goes up and down; a counter only up, and begins anew at 0 when what counts begins anew.
enum class Kind : std::uint8_t { Gauge, Counter };

// What stands behind a name. `unit` is of UCUM, as OpenTelemetry wants it: "s", "By", "Cel", "1".
struct Metric {
    std::string_view name;
    Kind kind = Kind::Gauge;
    std::string_view unit, help;
};

using Labels = std::map<std::string, std::string>;

struct Series {
    std::string name;
    Labels labels;
    friend auto operator<=>(const Series&, const Series&) = default;
};

// `name{label="value",…}` with what Prometheus wants escaped; the name alone where there is no label.
std::string text(const Series& series);

struct Sample {
    Series series;
    double value = 0;
};
using Samples = std::vector<Sample>;

// Every metric of ours, by name.
std::span<const Metric> metrics();
// Nothing for a name that is none of ours.
const Metric* metric(std::string_view name);

// When something was measured: by the clock of the wall, and by one that nobody sets and that goes on in a sleep; both
// in milliseconds.
struct Moment {
    std::int64_t wall = 0, running = 0;
};
Moment moment_now();

}  // namespace holdfast::telemetry
