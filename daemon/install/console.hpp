// The people in front of this computer: every console that the kernel writes to, whether screen or serial line.
// /dev/console alone is only the last of them.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"
#include "install/report.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::install {

class Console {
public:
    // Without a console, lines go to stdout only, and there is nobody to ask.
    static Console open();
    // Talks to these terminals instead.
    explicit Console(std::vector<Fd> terminals) : terminals_(std::move(terminals)) {}

    // One line, to all of them and to stdout, which is the journal.
    void say(const std::string& line);
    // The first line that anybody types, trimmed. Offline where no console can be read.
    Result<std::string> ask(const std::string& question);

private:
    std::vector<Fd> terminals_;
};

// Steps and percentages as lines: a serial console has no cursor to move.
class ConsoleReport final : public Report {
public:
    explicit ConsoleReport(Console& console) : console_(console) {}
    void step(std::string_view what) override;
    void advance(std::uint64_t done, std::uint64_t total) override;

private:
    using Clock = std::chrono::steady_clock;
    Console& console_;
    std::string step_;
    Clock::time_point said_;
};

}  // namespace holdfast::install
