// JSON messages, one a line, as QEMU's monitor and the guest agent send them.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::vm {

// Cuts a stream of bytes into frames. A frame ends with a line feed; a byte 0xff throws away what came before it
// in its frame (QEMU guest agent protocol, guest-sync-delimited), and so do empty lines.
class Frames {
public:
    explicit Frames(std::size_t limit) : limit_(limit) {}

    // Corrupt where a frame grows over the limit; what follows is then worth nothing any more.
    Result<> feed(std::string_view bytes);
    std::optional<std::string> next();

private:
    std::size_t limit_;
    std::string held_;
};

}  // namespace holdfast::vm
