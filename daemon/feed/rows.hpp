// How feeds stand in the database.
#pragma once

#include "base/digest_blob.hpp"
#include "feed/record.hpp"

#include <filesystem>

namespace holdfast::feed {

using sqlite::Blob;
using sqlite::BlobView;
using sqlite::digest_of_blob;
using sqlite::view;
using Number = std::int64_t;

// A record and a segment are found by one number: that of the feed, and behind it the sequence (of the first record).
inline Number place_of(Number feed, std::uint64_t sequence) {
    return (feed << 40U) | static_cast<Number>(sequence);
}

inline std::uint64_t sequence_of(Number place) {
    return static_cast<std::uint64_t>(place) & sequence_limit;
}

// Makes the file that is given up where the disk is full.
void set_aside(const std::filesystem::path& file);

}  // namespace holdfast::feed
