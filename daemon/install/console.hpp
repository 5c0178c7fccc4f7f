// The people in front of this computer: every console that the kernel writes to, whether screen or serial line.
// /dev/console alone is only the last of them.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"
#include "install/report.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace holdfast::install {

class Console {
public:
    // Without a console, lines go to stdout only, and there is nobody to ask.
    static Console open();
    // Talks to these terminals instead.
    explicit Console(std::vector<Fd> terminals) : terminals_(std::move(terminals)) {}

    // One line, to all of them and to stdout, which is the journal. From any thread.
    void say(const std::string& line);
    // The first line that anybody types, trimmed. Offline where no console can be read.
    Result<std::string> ask(const std::string& question);
    // The same of something secret: no terminal shows it.
    Result<std::string> ask_hidden(const std::string& question);

private:
    std::vector<Fd> terminals_;
    std::unique_ptr<std::mutex> one_at_a_time_ = std::make_unique<std::mutex>();
};

// Steps and percentages as lines: a serial console has no cursor to move. And a watch over them: nothing that an
// installation waits for (a stick that stopped answering, a program that hangs) may keep it silent.
class ConsoleReport final : public Report {
public:
    using Clock = std::chrono::steady_clock;
    struct Patience {
        Clock::duration line = std::chrono::seconds(5);   // between two lines of one step's progress
        Clock::duration word = std::chrono::seconds(60);  // without progress, until it says so, and again
        Clock::duration end = std::chrono::minutes(20);   // without progress, until it is given up
    };
    // `stuck` is called once, by another thread, with the step that was given up. It may end the program.
    using Stuck = std::function<void(const std::string& step)>;

    ConsoleReport(Console& console, Stuck stuck) : ConsoleReport(console, std::move(stuck), Patience()) {}
    ConsoleReport(Console& console, Stuck stuck, Patience patience);

    void step(std::string_view what) override;
    void advance(std::uint64_t done, std::uint64_t total) override;
    // No step runs, such as while a person is asked; until the next one begins.
    void rest();

private:
    void watch(const std::stop_token& stop);
    void move(std::string_view what);

    Console& console_;
    const Stuck stuck_;
    const Patience patience_;
    std::mutex mutex_;  // over what follows
    std::condition_variable_any moved_;
    std::string step_;  // "": none runs
    Clock::time_point said_, progressed_;
    std::jthread watcher_;  // last: it uses the others
};

}  // namespace holdfast::install
