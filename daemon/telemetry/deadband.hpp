// What of a window is worth telling: what moved since it was told last.
#pragma once

#include "telemetry/window.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace holdfast::telemetry {

// How far a gauge may go, or a counter grow within a window, without being told.
struct Deadband {
    std::string pattern;  // of the shell, over the name or the name with its labels
    double absolute = 0;
    double relative = 0;  // of what was told last; the larger one of both counts
    bool operator==(const Deadband&) const = default;
};

// What holds where a site says nothing else.
const std::vector<Deadband>& default_deadbands();

class Told {
public:
    // The first one that fits a series counts; where none does, its band is 0. Everything is told every `whole_every`
    // milliseconds at least.
    Told(std::vector<Deadband> deadbands, std::int64_t whole_every)
        : deadbands_(std::move(deadbands)), whole_every_(whole_every) {}

    struct News {
        ReducedSeries series;
        std::vector<Series> gone;  // were told before, and were not there in all of this window
        std::uint64_t still = 0;   // how many did not move
        bool whole = false;        // all that there is is in `series`
    };
    // What of it is to be told, which is then told.
    News news(const ReducedSeries& window, std::int64_t running);
    // What was told last has not arrived: the next news are whole.
    void forget() { whole_at_ = {}; }

private:
    bool moved(const Series& series, const Reduced& now) const;
    const Deadband& band_of(const Series& series) const;
    std::vector<Deadband> deadbands_;
    std::int64_t whole_every_;
    std::optional<std::int64_t> whole_at_;
    std::map<Series, double> told_;
};

}  // namespace holdfast::telemetry
