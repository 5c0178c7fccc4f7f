// The daemon's event loop: sd-event with signals, the systemd watchdog and watched files.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

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

    // Calls `changed` after any file of the folder was written to its end, put there or taken away.
    Result<> watch_folder(const std::filesystem::path& folder, std::function<void()> changed);
    // Calls `readable` whenever there is something to read from a descriptor, which has to outlive the loop's run.
    Result<> watch_descriptor(int descriptor, std::function<void()> readable);

    // Tells systemd that we are ready and runs to the end.
    Result<> run();

    sd_event* event() const;

private:
    struct Parts;
    Result<> watch_entries(const std::filesystem::path& folder, std::string name, std::uint32_t mask,
                           std::function<void()> changed);
    explicit Loop(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace holdfast::api
