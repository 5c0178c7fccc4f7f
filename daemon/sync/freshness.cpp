#include "sync/freshness.hpp"

#include "base/when.hpp"

#include <utility>

namespace holdfast::sync {

std::string freshness(std::int64_t came, std::int64_t now) {
    constexpr std::int64_t minute = 60, hour = 60 * minute, day = 24 * hour;
    if (came == 0) return "never heard";
    const auto since = now - came;
    if (since < 0) return "heard ahead of this clock: " + date(came);
    const auto [unit, word] = since >= 2 * day    ? std::pair(day, "days")
                              : since >= 2 * hour ? std::pair(hour, "hours")
                                                  : std::pair(minute, "minutes");
    return "last heard " + std::to_string(since / unit) + " " + word + " ago";
}

std::uint64_t lacking(const Vector& here, const Vector& there, std::optional<feed::Class> of) {
    std::uint64_t sum = 0;
    for (const auto& [feed, next] : here) {
        if (of && feed.kind != *of) continue;
        const auto found = there.find(feed);
        const auto has = found == there.end() ? 0 : found->second;
        sum += next > has ? next - has : 0;
    }
    return sum;
}

}  // namespace holdfast::sync
