#include "vm/channel.hpp"

#include "base/file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

namespace holdfast::vm {

Result<Channel::Pair> Channel::make() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0)
        return std::unexpected(system_error(errno, "socket pair", "cannot make"));
    // Only our end: the child expects to block.
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return Pair{Channel(Fd(ends[0])), Fd(ends[1])};
}

short Channel::events() const {
    return queued_.empty() ? POLLIN : POLLIN | POLLOUT;
}

void Channel::send(std::string_view bytes) {
    queued_ += bytes;
    flush();
}

void Channel::flush() {
    while (!queued_.empty() && fd_) {
        const ssize_t n = ::send(fd_.number(), queued_.data(), queued_.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return;  // full, or gone: receive() finds that out
        queued_.erase(0, static_cast<std::size_t>(n));
    }
}

std::string Channel::receive() {
    std::string bytes;
    std::array<char, 65536> buffer;
    while (fd_) {
        const ssize_t n = ::read(fd_.number(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) break;
        if (n <= 0) {
            fd_.close();
            break;
        }
        bytes.append(buffer.data(), static_cast<std::size_t>(n));
        if (bytes.size() >= buffer.size()) break;  // the others on the loop want their turn
    }
    return bytes;
}

Result<> Port::move() {
    channel.flush();
    return frames.feed(channel.receive());
}

}  // namespace holdfast::vm
