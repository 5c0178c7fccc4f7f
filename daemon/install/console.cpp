#include "install/console.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <list>
#include <optional>
#include <poll.h>
#include <termios.h>

namespace holdfast::install {

namespace {

constexpr int terminal_patience = 1000;  // milliseconds for a terminal that takes nothing
constexpr std::size_t line_limit = 256;

void write_all(int terminal, std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd polled{terminal, POLLOUT, 0};
        if (::poll(&polled, 1, terminal_patience) <= 0 || polled.revents & (POLLERR | POLLHUP)) return;
        const ssize_t n = ::write(terminal, bytes.data(), bytes.size());
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

// What is ready to be read from one of `terminals`; those that ended or never worked are taken out of it.
std::optional<std::string> read_any(std::vector<pollfd>& terminals) {
    while (!terminals.empty()) {
        if (::poll(terminals.data(), terminals.size(), -1) < 0 && errno != EINTR) return std::nullopt;
        for (auto& each : terminals) {
            if (each.revents == 0) continue;
            std::string bytes(line_limit, '\0');
            const ssize_t n = ::read(each.fd, bytes.data(), bytes.size());
            if (n > 0) return bytes.substr(0, static_cast<std::size_t>(n));
            if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            each.fd = -1;
        }
        std::erase_if(terminals, [](const pollfd& each) { return each.fd < 0; });
    }
    return std::nullopt;
}

// While it lives a terminal shows nothing of what is typed but the end of the line. What is no terminal shows nothing
// anyway.
class Hidden {
public:
    explicit Hidden(int terminal) : terminal_(terminal), known_(::tcgetattr(terminal, &before_) == 0) {
        if (!known_) return;
        termios now = before_;
        now.c_lflag = (now.c_lflag & ~static_cast<tcflag_t>(ECHO)) | ECHONL;
        ::tcsetattr(terminal_, TCSANOW, &now);
    }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;
    ~Hidden() {
        if (known_) ::tcsetattr(terminal_, TCSANOW, &before_);
    }

private:
    int terminal_;
    termios before_{};
    bool known_;
};

}  // namespace

Console Console::open() {
    std::vector<Fd> terminals;
    const auto active = read_whole("/sys/class/tty/console/active", 4096);
    for (const auto& name : split(trim(active ? *active : ""), ' ')) {
        Fd terminal(
            ::open(("/dev/" + (name.empty() ? "console" : name)).c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
        if (terminal) terminals.push_back(std::move(terminal));
    }
    return Console(std::move(terminals));
}

void Console::say(const std::string& line) {
    const std::lock_guard locked(*one_at_a_time_);
    std::puts(line.c_str());
    std::fflush(stdout);
    // A line of its own even where the kernel or systemd left half of one.
    for (const auto& terminal : terminals_) write_all(terminal.number(), "\r" + line + "\r\n");
}

Result<std::string> Console::ask(const std::string& question) {
    std::vector<pollfd> readers;
    for (const auto& terminal : terminals_) {
        write_all(terminal.number(), question + " ");
        readers.push_back({terminal.number(), POLLIN, 0});
    }
    std::string line;
    while (line.size() < line_limit) {
        const auto bytes = read_any(readers);
        if (!bytes) return fail(Code::Offline, "there is no console to ask at; put an install.yaml onto the medium");
        line += *bytes;
        if (const auto end = line.find_first_of("\r\n"); end != std::string::npos)
            return valid_utf8(trim(line.substr(0, end)));
    }
    return fail(Code::Corrupt, "the answer is longer than 256 characters");
}

Result<std::string> Console::ask_hidden(const std::string& question) {
    std::list<Hidden> hidden;
    for (const auto& terminal : terminals_) hidden.emplace_back(terminal.number());
    return ask(question);
}

ConsoleReport::ConsoleReport(Console& console, Stuck stuck, Patience patience)
    : console_(console),
      stuck_(std::move(stuck)),
      patience_(patience),
      watcher_([this](const std::stop_token& stop) { watch(stop); }) {}

void ConsoleReport::move(std::string_view what) {
    {
        const std::lock_guard locked(mutex_);
        step_ = what;
        said_ = progressed_ = Clock::now();
    }
    moved_.notify_all();
}

void ConsoleReport::step(std::string_view what) {
    console_.say("holdfast-install: " + std::string(what));
    move(what);
}

void ConsoleReport::rest() {
    move("");
}

void ConsoleReport::advance(std::uint64_t done, std::uint64_t total) {
    std::string line;
    {
        const std::lock_guard locked(mutex_);
        progressed_ = Clock::now();
        if (total == 0 || progressed_ - said_ < patience_.line) return;
        said_ = progressed_;
        line = "holdfast-install: " + step_ + ": " + std::to_string(done * 100 / total) + " %";
    }
    console_.say(line);
}

void ConsoleReport::watch(const std::stop_token& stop) {
    std::unique_lock locked(mutex_);
    auto next = Clock::now();
    while (moved_.wait(locked, stop, [&] { return !step_.empty(); }) && !stop.stop_requested()) {
        const auto due = std::max(next, progressed_ + patience_.word);
        if (moved_.wait_until(locked, stop, due, [&] { return step_.empty(); })) continue;
        const auto now = Clock::now();
        if (stop.stop_requested() || now < std::max(due, progressed_ + patience_.word)) continue;
        const std::string step = step_;
        const auto still = now - progressed_;
        next = now + patience_.word;
        locked.unlock();
        if (still >= patience_.end) return stuck_(step);
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(still).count();
        console_.say("holdfast-install: " + step + ": no progress for " + std::to_string(seconds) +
                     " seconds, still waiting; if it lasts, turn the computer off and try another port or medium");
        locked.lock();
    }
}

}  // namespace holdfast::install
