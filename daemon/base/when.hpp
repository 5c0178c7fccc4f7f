// Times for people.
#pragma once

#include <cstdint>
#include <ctime>
#include <format>
#include <string>

namespace holdfast {

// "2026-09-21 14:13 UTC" of seconds since the epoch, as somebody's clock had it, or somebody made it up.
inline std::string date(std::int64_t wall) {
    constexpr std::int64_t first = -62'167'219'200, last = 253'402'300'799;  // the years 0 to 9999
    if (wall < first || wall > last) return "at no time of any calendar";
    const std::time_t time = wall;
    std::tm utc{};
    ::gmtime_r(&time, &utc);
    return std::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min);
}

}  // namespace holdfast
