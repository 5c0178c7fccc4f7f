// Deeds as a feed tells them, each with its outcome.
#pragma once

#include "audit/record.hpp"
#include "feed/store.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::audit {

struct Told {
    Digest origin{};
    std::uint64_t sequence = 0;
    feed::Stamp at;  // when it was begun; of one from before the box was admitted: by the stamp of then
    Begun begun;
    std::optional<Ended> ended;  // nothing: it goes on, or was cut off
    feed::Stamp ended_at;
};

struct Telling {
    std::vector<Told> deeds;         // in the order in which they were begun
    std::vector<std::string> wrong;  // records that cannot be read, outcomes of no deed, and second ones
};

// What else stands in the feed is passed over: a newer program may know it.
Result<Telling> deeds_in(feed::Store& feeds, const feed::Feed& feed);

// What people ask for. Empty: all.
struct Filter {
    std::int64_t since = 0;  // milliseconds since the epoch
    std::string who;         // part of the words on who it was
    std::string verb;        // "update.apply"; "update": all of these
};
bool fits(const Told& told, const Filter& filter);

// Whether it ended, or what else is known: done, failed, refused; cut-off where the computer has started since; open
// else. `boot` is that of now for a box's own feed, "" for others'.
std::string state(const Told& told, const std::string& boot);

}  // namespace holdfast::audit
