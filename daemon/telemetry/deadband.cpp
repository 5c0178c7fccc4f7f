#include "telemetry/deadband.hpp"

#include <algorithm>
#include <cmath>
#include <fnmatch.h>

namespace holdfast::telemetry {

const std::vector<Deadband>& default_deadbands() {
    constexpr double day = 86'400, mebibytes = 1024.0 * 1024.0;
    static const std::vector<Deadband> all{
        {"holdfast_host_uptime_seconds", day, 0},
        // The kernel reckons it anew whenever the clock is set a little.
        {"holdfast_host_boot_time_seconds", 2, 0},
        {"holdfast_host_load*", 0.5, 0.25},
        {"holdfast_host_tasks*", 20, 0.1},
        {"holdfast_host_memory_bytes*", 16 * mebibytes, 0.05},
        {"holdfast_host_filesystem_*", 0, 0.01},
        {"holdfast_host_pressure_ratio*", 0.02, 0},
        {"holdfast_host_pressure_seconds_total*", 0.5, 0},
        {"holdfast_host_temperature_celsius*", 2, 0},
        {"holdfast_health_check_seconds*", 1, 0.5},
        {"holdfast_unit_memory_bytes*", 8 * mebibytes, 0.1},
        {"holdfast_telemetry_series", 5, 0},
    };
    return all;
}

const Deadband& Told::band_of(const Series& series) const {
    static const Deadband none{};
    const auto whole = text(series);
    const auto fits = [&](const Deadband& each) {
        return ::fnmatch(each.pattern.c_str(), series.name.c_str(), 0) == 0 ||
               ::fnmatch(each.pattern.c_str(), whole.c_str(), 0) == 0;
    };
    const auto found = std::ranges::find_if(deadbands_, fits);
    return found == deadbands_.end() ? none : *found;
}

// A gauge that went out of its band and came back has moved, too.
bool Told::moved(const Series& series, const Reduced& now) const {
    const auto& band = band_of(series);
    if (now.kind == Kind::Counter) return now.increase > std::max(band.absolute, band.relative * now.last);
    const auto before = told_.find(series);
    if (before == told_.end()) return true;
    const double wide = std::max(band.absolute, band.relative * std::abs(before->second));
    return now.most - before->second > wide || before->second - now.least > wide;
}

Told::News Told::news(const ReducedSeries& window, std::int64_t running) {
    News news{.whole = !whole_at_ || running - *whole_at_ >= whole_every_};
    if (news.whole) whole_at_ = running;
    for (const auto& [series, now] : window) {
        if (!news.whole && told_.contains(series) && !moved(series, now)) {
            ++news.still;
            continue;
        }
        news.series.emplace(series, now);
        told_[series] = now.last;
    }
    for (const auto& [series, value] : told_)
        if (!window.contains(series)) news.gone.push_back(series);
    for (const auto& each : news.gone) told_.erase(each);
    return news;
}

}  // namespace holdfast::telemetry
