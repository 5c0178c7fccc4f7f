// The daemon's event loop: sd-event with signals, the systemd watchdog and watched files.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <functional>
#include <memory>

struct sd_event;

namespace holdfast::api {

class Loop {
public:
    // Ends on SIGTERM and SIGINT, and feeds the watchdog where systemd set one (WatchdogSec=).
    static Result<Loop> open();
    Loop(Loop&&) noexcept;
    Loop& operator=(Loop&&) noexcept;
    ~Loop();

    // Calls `changed` after a file of this name was put into the directory or written to its end there.
    Result<> watch(const std::filesystem::path& file, std::function<void()> changed);

    // Tells systemd that we are ready and runs to the end.
    Result<> run();

    sd_event* event() const;

private:
    struct Parts;
    explicit Loop(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::api
