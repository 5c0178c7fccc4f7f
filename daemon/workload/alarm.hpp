// When to look again: by the wall clock, and whenever somebody sets that.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <mutex>
#include <optional>

namespace holdfast::workload {

// May be set by any thread; its descriptor is for one loop.
class Alarm {
public:
    static Result<Alarm> open();
    Alarm(Alarm&& other) noexcept : timer_(std::move(other.timer_)) {}

    // Rings at that time (seconds since the epoch), or earlier.
    void by(std::int64_t at);
    // Readable once it rings: at its time, or because the clock was set.
    int descriptor() const { return timer_.number(); }
    // Takes note that it rang; it is set for nothing from then on.
    void heard();

private:
    explicit Alarm(Fd timer) : timer_(std::move(timer)) {}
    std::mutex mutex_;
    std::optional<std::int64_t> next_;
    Fd timer_;
};

}  // namespace holdfast::workload
