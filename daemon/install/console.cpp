#include "install/console.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <poll.h>

namespace holdfast::install {

namespace {

constexpr int patience = 1000;                    // milliseconds for a terminal that takes nothing
constexpr std::chrono::seconds between_lines{2};  // of one step's progress
constexpr std::size_t line_limit = 256;

void write_all(int terminal, std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd polled{terminal, POLLOUT, 0};
        if (::poll(&polled, 1, patience) <= 0 || polled.revents & (POLLERR | POLLHUP)) return;
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

void ConsoleReport::step(std::string_view what) {
    step_ = what;
    console_.say("holdfast-install: " + step_);
    said_ = Clock::now();
}

void ConsoleReport::advance(std::uint64_t done, std::uint64_t total) {
    if (total == 0 || Clock::now() - said_ < between_lines) return;
    said_ = Clock::now();
    console_.say("holdfast-install: " + step_ + ": " + std::to_string(done * 100 / total) + " %");
}

}  // namespace holdfast::install
