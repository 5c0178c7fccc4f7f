// Samples of a while, reduced: of a gauge the least, the most, the mean and the last, of a counter how much it grew.
#pragma once

#include "telemetry/series.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace holdfast::telemetry {

struct Reduced {
    Kind kind = Kind::Gauge;
    std::string unit;
    std::uint64_t count = 0;  // samples
    double last = 0;
    double least = 0, most = 0, mean = 0;  // of a gauge
    double increase = 0;                   // of a counter, since the last sample of the window before
    bool operator==(const Reduced&) const = default;
};
using ReducedSeries = std::map<Series, Reduced>;

class Window {
public:
    // Beyond that many series new ones are left out.
    explicit Window(std::size_t limit) : limit_(limit) {}

    // What is no metric of ours, or no finite number, is passed over.
    void add(const Samples& samples);

    struct Result {
        ReducedSeries series;
        std::uint64_t samples = 0;          // how often there was something to add
        std::uint64_t left_out = 0;         // series beyond the limit
        std::vector<std::string> examples;  // of those, a few
    };
    // What has come so far.
    const Result& sofar() const { return result_; }
    // The same, and begins anew; what counters had goes over to the next window.
    Result finish();

private:
    void add_counter(const Series& series, Reduced& into, double value);
    std::size_t limit_;
    Result result_;
    std::map<Series, double> counters_;  // as they were last
    std::map<Series, bool> beyond_;
};

}  // namespace holdfast::telemetry
