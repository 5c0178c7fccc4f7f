// Our end of a socket pair whose other end a child inherits: no path, nothing to wait for, nothing left behind.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"
#include "vm/frames.hpp"

#include <string>
#include <string_view>

namespace holdfast::vm {

class Channel {
public:
    struct Pair;
    static Result<Pair> make();
    explicit Channel(Fd fd) : fd_(std::move(fd)) {}  // non-blocking, connected
    Channel() = default;

    int descriptor() const { return fd_.number(); }
    // What poll(2) shall wait for: input, and output where something waits to be sent.
    short events() const;
    // Queued, and sent as far as the other end takes it; the rest goes with the next flush().
    void send(std::string_view bytes);
    void flush();
    // What has arrived; "" where nothing has. closed() after the other end has gone.
    std::string receive();
    bool closed() const { return !fd_; }

private:
    Fd fd_;
    std::string queued_;
};

struct Channel::Pair {
    Channel ours;
    Fd theirs;  // closed on exec, unless named to Child::spawn
};

// A channel that carries JSON messages.
struct Port {
    Channel channel;
    Frames frames{frame_limit};

    // A guest's answer may hold a whole file as base64; QEMU's own agent refuses to read more than 48 MiB at once.
    static constexpr std::size_t frame_limit = 16UL * 1024 * 1024;
    // Moves what has arrived into the frames, and what is queued out.
    Result<> move();
};

}  // namespace holdfast::vm
