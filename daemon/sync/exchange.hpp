// What is here, passed on; and what others pass on, taken in: by whatever carries files.
#pragma once

#include "catalog/store.hpp"
#include "feed/store.hpp"
#include "sync/nodes.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::sync {

// A node as it passes things on: its stores, who it is, and whom it trusts.
struct Replica {
    feed::Store& feeds;
    catalog::Store& catalog;
    Nodes& nodes;
    std::vector<std::string> roots;                                          // DER
    std::function<Result<>(const std::vector<std::string>& chain)> allowed;  // Denied where its authority took it back
    // Of a node that has signed two histories, once: what else is to be done.
    std::function<Result<>(const Node&)> forked;
    Digest self{};  // whose own feeds never go on behind a snapshot; zeros where nobody can be that
};

struct Own {
    std::vector<std::string> chain;  // DER, its own certificate first
    feed::Sign sign;
    std::int64_t now = 0;  // seconds since the epoch
};

// Whoever is known may write under its site, as a catalog that was made anew does not know.
Result<> allow(Replica& replica, const Node& node);
Result<> allow_all(Replica& replica);

// How far this node has come: what it has signed, of each feed.
Result<Vector> have(feed::Store& feeds);

struct Exported {
    std::vector<std::filesystem::path> files;
    std::uint64_t segments = 0, bytes = 0;
};
// Signs what this node has said, and writes what the others do not have into batches of at most `limit` bytes (each is
// whole by itself) in that folder, behind one another in the order in which links serve them. `others` say how far they
// have come; with none of them: everything. Nothing is written where they have all of it. `which` says of each feed
// whether it goes along; all do where nothing is said.
Result<Exported> export_to(Replica& replica, const Own& own, const std::filesystem::path& folder,
                           const std::vector<Vector>& others, std::uint64_t limit,
                           const std::function<bool(const feed::Feed&)>& which = {});

struct Imported {
    Digest sender{};
    std::uint64_t fresh = 0, known = 0, early = 0, forks = 0;  // segments
    std::uint64_t pieces = 0;                                  // of snapshots
    std::vector<std::string> refused;                          // each with its reason
    std::vector<std::string> set_apart;                        // nodes that are in quarantine since, SPIFFE IDs
};
// Batches of more than a day ahead of this node's clock are refused, unless a person takes them.
enum class Future { Refused, Taken };
// Takes in a batch, in any order and any number of times. What is refused is told and costs the rest nothing. A node
// that has signed two histories is in quarantine from then on. `now` is what the clock says, seconds since the epoch.
// An Error: the batch is none, is cut, is from the future, or its sender has not signed it; what was believed for its
// own sake by then stays.
Result<Imported> import_from(Replica& replica, const std::filesystem::path& file, std::int64_t now,
                             Future future = Future::Refused);

}  // namespace holdfast::sync
