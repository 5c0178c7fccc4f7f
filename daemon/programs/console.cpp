#include "programs/console.hpp"

#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace holdfast {

namespace {

constexpr int patience = 1000;  // milliseconds for a console that takes nothing; a verdict must not wait for it

void write_line(int terminal, std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd polled{terminal, POLLOUT, 0};
        if (::poll(&polled, 1, patience) <= 0 || polled.revents & (POLLERR | POLLHUP)) return;
        const ssize_t n = ::write(terminal, bytes.data(), bytes.size());
        if (n <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

Console::Console() {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    if (!::isatty(STDOUT_FILENO)) console_ = Fd(::open("/dev/console", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
}

void Console::say(agent::Audience audience, const std::string& line) const {
    std::puts(line.c_str());
    // Starts a line of its own even where a login prompt or a progress display left half of one.
    if (console_ && audience == agent::Audience::Console) write_line(console_.number(), "\r\n" + line + "\r\n");
}

}  // namespace holdfast
