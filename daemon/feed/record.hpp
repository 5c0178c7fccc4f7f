// One entry of a feed, and the chain that binds it to all that came before it. README.md has the format.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::feed {

// In the order in which links and disks serve them: the first is never dropped.
enum class Class : std::uint8_t { Audit, Catalog, Actions, Health, Telemetry };
inline constexpr std::size_t classes = 5;

std::string_view text(Class kind);
// Corrupt where there is no such class; names those that there are.
Result<Class> parse_class(std::string_view word);

// A hybrid logical clock (Kulkarni and others, "Logical Physical Clocks and Consistent Snapshots", 2014): what was
// caused by something has a later stamp than that, whatever the clocks of the two nodes say.
struct Stamp {
    std::int64_t wall = 0;    // milliseconds since the epoch, as the clock of some node had it
    std::uint32_t count = 0;  // orders what has the same
    friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

// The one after `last` for a node whose clock says `now`.
Stamp after(Stamp last, std::int64_t now);

// Who writes and what about. A node's number is the SHA-256 of its public key (SubjectPublicKeyInfo, DER).
struct Feed {
    Digest origin{};
    Class kind = Class::Audit;
    friend auto operator<=>(const Feed&, const Feed&) = default;
};

// "audit of 3f9a1c02": for people.
std::string named(const Feed& feed);

inline constexpr std::size_t payload_limit = 512UL * 1024, type_limit = 64;
inline constexpr std::uint64_t sequence_limit = (1ULL << 40U) - 1;

struct Record {
    std::uint64_t sequence = 0;  // from 0 on, without a gap
    Stamp at;                    // later than that of the one before
    std::string type;            // what the payload is
    std::string payload;
    friend bool operator==(const Record&, const Record&) = default;
};

// SHA-256 of a record and, through `before`, of all records before it; zeros stand before the first.
Digest chained(const Feed& feed, const Digest& before, const Record& record);

}  // namespace holdfast::feed
