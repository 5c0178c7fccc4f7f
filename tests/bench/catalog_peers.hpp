// Libraries of others that merge: Yjs, Automerge and Loro, from npm, each in a node of its own.
#pragma once

#include "base/json.hpp"

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::bench {

inline constexpr std::array<const char*, 3> peers{"yjs", "automerge", "loro"};

struct Peer {
    std::string name, way;        // which of its ways was the fastest
    std::vector<double> seconds;  // of that way, each time
    double saved = 0;             // bytes of the merged document, as small as it writes it
    double told = 0;              // bytes of all updates
    Json state;                   // entity: path: value

    double best() const;
};

// A folder of tests/bench as it is, and what its package.json asks of npm.
Result<> install(const std::filesystem::path& packages, const std::filesystem::path& folder);
// What each box has done, as updates of that library, in a file of `folder`. Takes a minute.
Result<> make_updates(const std::string& peer, const std::filesystem::path& operations,
                      const std::filesystem::path& folder);
// Merges them so many times, in each way that the library has.
Result<Peer> merge_by(const std::string& peer, const std::filesystem::path& folder, std::size_t times);

}  // namespace holdfast::bench
