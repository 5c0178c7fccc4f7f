// What a node tells of records that it had to drop.
#pragma once

#include "feed/record.hpp"

#include <span>
#include <vector>

namespace holdfast::feed {

// Signed records that are gone.
struct Lost {
    Feed feed;
    std::uint64_t first = 0, next = 0;
    friend bool operator==(const Lost&, const Lost&) = default;
};

inline constexpr auto lost_type = "feed.lost";  // of such a record, in the audit feed

// Its payload, deterministic CBOR: {"bytes", "class", "how", "origin", "runs"}; the runs are first, next, first, next,
// …. All are of one feed, and there is one; `how` is "thinned" or "dropped".
std::string write_lost(std::span<const Lost> lost, std::string_view how, std::uint64_t bytes);
// Corrupt for anything else.
Result<std::vector<Lost>> parse_lost(std::string_view payload);

}  // namespace holdfast::feed
