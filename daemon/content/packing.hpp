// Compression inside of files, undone and done again bit for bit. An initrd or a kernel module changes wholly in its
// packed form when one byte of it does; so deltas are made of what is inside, and the box packs it again.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace holdfast::content {

// Each with fixed settings: the settings are the format. Numbers stand in bundles; never give one a new meaning.
enum class Packing : std::uint8_t {
    None = 0,
    // One frame, level 12, window 2 MiB, with size and checksum: initrds and kernel modules of our images (16 MiB to
    // pack).
    Zstd = 1,
};
inline constexpr std::uint8_t last_packing = 1;

// Which version of which library packs: another one may pack to other bytes. "zstd 1.5.7".
std::string packers();

using Sink = std::function<Result<>(std::string_view bytes)>;

// A stream that goes in by pieces of any size and comes out of the sink. None hands bytes through.
class Stream {
public:
    virtual ~Stream() = default;
    virtual Result<> add(std::string_view bytes) = 0;
    // No more comes. Corrupt where a packed stream is not whole.
    virtual Result<> end() = 0;
};

// `plain` bytes go into a packer, no more and no fewer; it is Corrupt otherwise.
std::unique_ptr<Stream> packer(Packing packing, std::uint64_t plain, Sink sink);
// Corrupt where the bytes are not packed like that. Bytes behind the packed stream's own end are Corrupt, too.
std::unique_ptr<Stream> unpacker(Packing packing, Sink sink);

// Whole strings, for what fits into memory.
Result<std::string> pack(Packing packing, std::string_view bytes);
Result<std::string> unpack(Packing packing, std::string_view bytes, std::size_t limit);

// A file as a delta sees it: pieces one behind the other, each packed in some way.
struct Piece {
    Packing packing = Packing::None;
    std::uint64_t packed = 0;  // bytes in the file
    std::uint64_t plain = 0;   // bytes once unpacked; the same for None
    bool operator==(const Piece&) const = default;
};

}  // namespace holdfast::content
