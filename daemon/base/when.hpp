// Times for people.
#pragma once

#include <cstdint>
#include <ctime>
#include <format>
#include <string>

namespace holdfast {

// "2026-09-21 14:13 UTC" of seconds since the epoch.
inline std::string date(std::int64_t wall) {
    const std::time_t time = wall;
    std::tm utc{};
    ::gmtime_r(&time, &utc);
    return std::format("{:04}-{:02}-{:02} {:02}:{:02} UTC", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                       utc.tm_hour, utc.tm_min);
}

}  // namespace holdfast
