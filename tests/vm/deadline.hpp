// A point in time that a wait may not pass. Every wait of this room has one.
#pragma once

#include <algorithm>
#include <chrono>

namespace holdfast::vm {

using Clock = std::chrono::steady_clock;

class Deadline {
public:
    static Deadline in(std::chrono::milliseconds from_now) { return Deadline(Clock::now() + from_now); }
    static Deadline in(double seconds) { return in(std::chrono::milliseconds(static_cast<long>(seconds * 1000))); }

    bool passed() const { return Clock::now() >= at_; }
    // For poll(2): at least 0, at most a minute (a caller that is woken early polls again).
    int milliseconds_left() const {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now()).count();
        return static_cast<int>(std::clamp<long>(left, 0, 60'000));
    }

private:
    explicit Deadline(Clock::time_point at) : at_(at) {}
    Clock::time_point at_;
};

}  // namespace holdfast::vm
