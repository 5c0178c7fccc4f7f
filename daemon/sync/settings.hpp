// What a site wants of its lines: /etc/holdfast/sync.yaml over /usr/lib/holdfast/sync.yaml.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::sync {

struct Settings {
    std::vector<std::string> sites;       // beside its own one, whose catalogs this box wants; "*": all
    std::uint64_t message = 1UL << 20U;   // bytes of a message, about
    std::uint64_t a_day = 0;              // bytes over all lines in a day, both ways; 0: as much as there is
    bool https = true;                    // talk to the authority that was joined over a line
    std::vector<std::string> nats;        // the servers of the hub for a leaf, tls://HOST:PORT each; none: no NATS
    std::int64_t letters = 256LL << 20U;  // bytes that may wait in the box's own NATS server
    std::uint64_t feeds = 1ULL << 30U;    // bytes that feeds may take on the disk before older ones make room
};

// Keys: sites and nats (lists), message, bytes-a-day, letters and feeds (sizes, as 256K or 20M), https (true, false).
// Corrupt with file, line and key.
Result<Settings> load_settings(const std::filesystem::path& root);

}  // namespace holdfast::sync
