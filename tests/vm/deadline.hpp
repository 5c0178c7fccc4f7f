// A point in time that a wait may not pass. Every wait of this room has one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace holdfast::vm {

using Clock = std::chrono::steady_clock;

class Deadline {
public:
    static Deadline in(std::chrono::milliseconds from_now) { return Deadline(Clock::now() + from_now); }
    static Deadline in(double seconds) { return in(std::chrono::milliseconds(static_cast<long>(seconds * 1000))); }

    // What a computer that does nothing else has time enough for, and more of it where others want its processors, too:
    // this ends what would never end, and measures nothing.
    static Deadline patient(std::chrono::minutes alone) {
        double load = 0;
        ::getloadavg(&load, 1);
        const double wanted = load / std::max(1U, std::thread::hardware_concurrency());
        return in(static_cast<double>(std::chrono::seconds(alone).count()) * std::clamp(wanted, 1.0, 4.0));
    }

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
