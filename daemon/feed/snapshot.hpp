// What an authority says a site's catalog comes to: instead of all records of that site's nodes that it stands for.
#pragma once

#include "feed/record.hpp"
#include "feed/signature.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::feed {

// What is signed. All feeds are of the class catalog.
struct SnapshotHead {
    // Up to where a node's records are in it, and the chain up to there.
    struct Stand {
        Digest origin{};
        std::uint64_t next = 0;
        Digest last{};
        friend bool operator==(const Stand&, const Stand&) = default;
    };
    Digest signer{};
    std::string site;
    std::int64_t made = 0;       // seconds since the epoch, by the signer's clock
    std::vector<Stand> feeds;    // of the site's own nodes: whoever has the snapshot does without those records
    std::vector<Stand> others;   // of those that write elsewhere, too: only what they say of this site is in it
    std::vector<Digest> pieces;  // SHA-256 of each, in their order
};

inline constexpr std::size_t snapshot_head_limit = 2UL << 20U, piece_limit = 4UL << 20U;  // bytes
inline constexpr std::size_t most_pieces = 4096;

std::string write_head(const SnapshotHead& head);
// Corrupt for anything else, and for what is over a limit.
Result<SnapshotHead> parse_snapshot_head(std::string_view bytes);

// As it is kept and carried; its number is the SHA-256 of what was signed.
struct Snapshot {
    Digest number{};
    SnapshotHead head;
    std::string signed_head, signature;
};
Result<Snapshot> write_snapshot(const SnapshotHead& head, const Sign& sign);
// Corrupt where the head is none. Nobody has looked at the signature.
Result<Snapshot> read_snapshot(std::string signed_head, std::string signature);
// Denied where that key (SubjectPublicKeyInfo, DER) is not the signer's, or has not signed it.
Result<> check_signature(const Snapshot& snapshot, std::string_view public_key);

}  // namespace holdfast::feed
