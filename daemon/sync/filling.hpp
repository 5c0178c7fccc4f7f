// One batch as it is filled: segments, and before the first one of each node its certificates.
#pragma once

#include "sync/exchange.hpp"

#include <map>
#include <set>

namespace holdfast::sync {

// What makes a message of a batch.
struct Opening {
    std::optional<Question> question;
    std::vector<Tip> tips;               // of the sender's feeds, by which a second history is seen
    std::optional<std::uint64_t> reply;  // the number of what it answers
};

class Filling {
public:
    // The opening comes first, and behind it the certificates of `own`.
    static Result<Filling> begin(Replica& replica, const Own& own, const BatchHead& head, BatchWriter::Put put,
                                 const Opening& opening = {});
    Result<> add(const feed::Feed& feed, std::string_view segment);
    // With the certificates of its signer, and of all whose words are in it.
    Result<> add_snapshot(const feed::Snapshot& snapshot);
    Result<> add_piece(const Digest& number, std::uint64_t at, std::string_view piece);
    Result<> finish(const Vector& have) { return writer_.finish(have, own_->sign); }
    // Whether one of that size goes in below the limit; the first one always does.
    bool takes(std::size_t size, std::uint64_t limit) const {
        return segments + pieces == 0 || writer_.size() + size <= limit;
    }
    std::uint64_t size() const { return writer_.size(); }
    std::uint64_t segments = 0, pieces = 0;

private:
    Filling(Replica& replica, const Own& own, const Digest& self, BatchWriter writer)
        : replica_(&replica), own_(&own), writer_(std::move(writer)), nodes_{self} {}
    Replica* replica_;
    const Own* own_;
    Result<> introduce(const Digest& origin);
    BatchWriter writer_;
    std::set<Digest> nodes_;
};

// Feeds, and of each the first record that somebody lacks; in the order in which links serve them.
using Wanted = std::vector<std::pair<feed::Feed, std::uint64_t>>;
// Of those in `here` what is beyond the least that all of the others have; with none of them all of it.
Wanted wanted(const Vector& here, const std::vector<Vector>& others);

// By node of a site and of the authority, how far all of these have its catalog's feed, as far as is known here: what
// catalog::Store::collect takes. Those whose certificates were taken back do not count.
Result<std::map<Digest, std::uint64_t>> passed_by_all(Replica& replica, const Own& own, const std::string& site);

// Who this node is; it has signed all that it has said by then.
Result<Digest> close_own(Replica& replica, const Own& own);

}  // namespace holdfast::sync
