// A batch as it is taken in, whatever carried it: what is refused is told and costs the rest nothing.
#pragma once

#include "sync/exchange.hpp"

#include <map>

namespace holdfast::sync {

// Denied where nothing is taken from it.
Result<> check_quarantine(const Node& node);

class Taking {
public:
    // `now` is what this node's clock says, seconds since the epoch; `latest` the latest time at which a batch may have
    // been made.
    Taking(Replica& replica, std::int64_t now, std::int64_t latest) : replica_(replica), now_(now), latest_(latest) {}
    BatchUse use();

    Imported done;
    BatchHead head;
    Vector have;                       // of the sender, once its signature holds
    std::optional<Question> question;  // the sender's, believed once that is so
    std::vector<Tip> tips;             // of the sender's own feeds
    std::uint64_t reply = 0;           // the number of what it answers; 0: nothing
    std::vector<feed::Feed> catalogs;  // feeds of which the catalog may have something to take in
    bool newest = false;               // no batch of that sender came before that was made after this one

private:
    Result<> begin(const BatchHead& begun);
    Result<> end(const Vector& vector);
    Result<> meet(const std::vector<std::string>& chain);
    Result<> greet(const std::vector<std::string>& chain);
    Result<Node> known(const Digest& origin);
    Result<std::string> key(const Node& node);
    Result<> take(std::string_view segment);
    Result<> begin_snapshot(const feed::Snapshot& snapshot);
    Result<> believe(const feed::Snapshot& snapshot);
    Result<> take_piece(const Digest& number, std::uint64_t at, std::string_view piece);
    Result<> heed_losses(std::string_view bytes, const feed::Feed& which);
    Result<feed::Taken> take_one(std::string_view bytes, feed::Feed& which);
    Result<> set_apart(const feed::Feed& which);
    void refuse(const std::string& why);
    Replica& replica_;
    std::int64_t now_, latest_;
    std::map<Digest, feed::SnapshotHead> begun_;  // by their numbers, those that this batch has pieces of
};

}  // namespace holdfast::sync
