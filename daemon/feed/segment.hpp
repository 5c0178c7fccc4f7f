// A run of records as it is signed, kept and carried: nobody can change, add or leave out one without being seen.
#pragma once

#include "feed/record.hpp"
#include "feed/signature.hpp"

#include <span>
#include <vector>

namespace holdfast::feed {

inline constexpr std::size_t segment_limit = 4UL * 1024 * 1024;  // bytes, and the same for what is packed into it
inline constexpr std::size_t segment_records = 65'536;

// What is signed.
struct Head {
    Feed feed;
    std::uint64_t first = 0, count = 0;  // sequence of the first record, and how many there are
    Digest before{}, last{};             // the chain before the first of them, and after the last
    std::uint64_t next() const { return first + count; }
};

struct Segment {
    Head head;
    std::string signed_head, signature, packed;
};

// Of records that follow each other, the first behind `before`. Corrupt where they do not, where there is none, or too
// many.
Result<std::string> write_segment(const Feed& feed, const Digest& before, std::span<const Record> records,
                                  const Sign& sign);
// Corrupt for anything else, and for what is over a limit; nothing is unpacked.
Result<Segment> parse_segment(std::string_view bytes);
// The records, and with them the proof that they are those that were signed. Corrupt where they are not.
Result<std::vector<Record>> unpack(const Segment& segment);
// Denied where that key (SubjectPublicKeyInfo, DER) is not the origin's, or has not signed this.
Result<> check_signature(const Segment& segment, std::string_view public_key);

}  // namespace holdfast::feed
