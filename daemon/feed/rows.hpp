// How feeds stand in the database.
#pragma once

#include "base/sqlite.hpp"
#include "feed/record.hpp"

#include <algorithm>

namespace holdfast::feed {

using sqlite::Blob;
using sqlite::BlobView;
using Number = std::int64_t;

// A record and a segment are found by one number: that of the feed, and behind it the sequence (of the first record).
inline Number place_of(Number feed, std::uint64_t sequence) {
    return (feed << 40U) | static_cast<Number>(sequence);
}

inline std::uint64_t sequence_of(Number place) {
    return static_cast<std::uint64_t>(place) & sequence_limit;
}

inline BlobView view(const Digest& digest) {
    return {{reinterpret_cast<const char*>(digest.data()), digest.size()}};
}

inline Result<Digest> digest_of_blob(const Blob& blob) {
    Digest digest{};
    if (blob.bytes.size() != digest.size()) return fail(Code::Corrupt, "a digest in the store of feeds is none");
    std::ranges::copy(blob.bytes, digest.begin());
    return digest;
}

}  // namespace holdfast::feed
