// A line to an authority: when it is tried again, and how many bytes are left for today. Both are kept with the nodes,
// for programs that come and go.
#pragma once

#include "base/http.hpp"
#include "sync/ask.hpp"
#include "sync/settings.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace holdfast::sync {

struct Line {
    std::string address;      // https://HOST:PORT
    std::string fingerprint;  // of its authority's root, as http::Request takes it
};

// Seconds until the next try after so many that failed: the longest wait doubles up to six hours, and the wait is
// anything from a tenth of that to all of it, as `chance` (0 to 1) has it, so that boxes that were cut off together do
// not come back together.
std::int64_t wait_after(std::uint64_t failures, double chance);

struct Talked {
    std::uint64_t sent = 0, fresh = 0, rounds = 0;  // segments, segments, messages
    std::uint64_t pieces = 0;                       // of snapshots
    std::uint64_t bytes = 0;                        // both ways
    std::vector<std::string> refused, set_apart;    // as in Imported
    std::string left;                               // why not all was said; "" where all was
};

// How a message gets to whom that is.
Carry by_https(http::Client& client, const Line& line);

// Asks until both have all that the other wants, or today's bytes are used up; each message is told to `progress`.
// Errors as ask() has them; what was said by then stays said.
Result<Talked> talk(Replica& replica, const Own& own, const std::string& address, const Settings& settings,
                    const std::vector<std::string>& sites, const Carry& carry,
                    const std::function<void(const Talked&)>& progress = {});

}  // namespace holdfast::sync
