// What a clock says.
#pragma once

#include <cstdint>
#include <ctime>

namespace holdfast {

// Since the epoch by CLOCK_REALTIME, since the computer started by CLOCK_BOOTTIME (clock_gettime(2)).
inline std::int64_t milliseconds(clockid_t clock) {
    constexpr std::int64_t thousand = 1000, million = 1'000'000;
    timespec now{};
    ::clock_gettime(clock, &now);
    return now.tv_sec * thousand + now.tv_nsec / million;
}

}  // namespace holdfast
