#include "telemetry/tick.hpp"

#include "base/handle.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

namespace holdfast::telemetry {

namespace {

constexpr std::uint64_t second = 1'000'000, minute = 60 * second;

std::unexpected<Error> failed(int number) {
    return fail(Code::Bug, std::string("cannot set a timer: ") + std::strerror(-number));
}

}  // namespace

struct Tick::Parts {
    std::uint64_t every = 0;
    std::function<void()> beat;
    Handle<sd_event_source, sd_event_source_disable_unref> source;

    // sd-event takes the last of its common moments within the accuracy, which lie a minute apart: so the next one has
    // to lie in the middle of what is allowed, or every second one would be passed over.
    std::uint64_t accuracy() const { return std::min(every, minute); }
    static int on_time(sd_event_source* source, std::uint64_t, void* userdata) {
        auto& parts = *static_cast<Parts*>(userdata);
        parts.beat();
        int r = sd_event_source_set_time_relative(source, parts.every - parts.accuracy() / 2);
        if (r >= 0) r = sd_event_source_set_time_accuracy(source, parts.accuracy());
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    }
};

Tick::Tick(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Tick::Tick(Tick&&) noexcept = default;
Tick::~Tick() = default;

Result<Tick> Tick::start(sd_event* event, long seconds, std::function<void()> beat) {
    auto parts = std::make_unique<Parts>();
    parts->every = static_cast<std::uint64_t>(seconds) * second;
    parts->beat = std::move(beat);
    sd_event_source* source = nullptr;
    const int r = sd_event_add_time_relative(event, &source, CLOCK_MONOTONIC, parts->every - parts->accuracy() / 2,
                                             parts->accuracy(), Parts::on_time, parts.get());
    if (r < 0) return failed(r);
    parts->source.reset(source);
    return Tick(std::move(parts));
}

void tell_status(const std::string& words) {
    sd_notify(0, ("STATUS=" + words).c_str());
}

}  // namespace holdfast::telemetry
