// A beat of the event loop that waits for other timers of the computer, so that all of them wake it once.
#pragma once

#include "base/result.hpp"

#include <functional>
#include <memory>
#include <string>

struct sd_event;

namespace holdfast::telemetry {

class Tick {
public:
    // Calls `beat` about every so many seconds from now on: systemd gathers what may be late by a minute.
    static Result<Tick> start(sd_event* event, long seconds, std::function<void()> beat);
    Tick(Tick&&) noexcept;
    ~Tick();

private:
    struct Parts;
    explicit Tick(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

// What `systemctl status` shows of this service.
void tell_status(const std::string& words);

}  // namespace holdfast::telemetry
