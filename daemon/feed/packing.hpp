// Records as bytes: what is the same in all of them left out, the rest compressed.
#pragma once

#include "feed/record.hpp"

#include <span>
#include <vector>

namespace holdfast::feed {

// Corrupt where it would be more than `segment_limit` bytes before it is compressed.
Result<std::string> pack(std::span<const Record> records);
// The first of them has that sequence. Corrupt where they are not so many, or over a limit.
Result<std::vector<Record>> unpack(std::string_view packed, std::uint64_t first, std::uint64_t count);

// The same of any bytes.
Result<std::string> compress(std::string_view plain);
// Corrupt where they are damaged, or more than `segment_limit` bytes.
Result<std::string> decompress(std::string_view packed);

}  // namespace holdfast::feed
