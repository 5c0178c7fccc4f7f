// An authority as a node among its boxes: what all of them have said is here, and what it says itself counts
// everywhere.
#pragma once

#include "catalog/author.hpp"
#include "hub/authority.hpp"
#include "sync/ask.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::hub {

// For one thread at a time.
class Node {
public:
    // Of the authority in `folder`. Its stores lie there as below the root of a box, so that every command that takes
    // --root looks at them. Makes its key and certificate where there are none, or half of the certificate's time is
    // over.
    static Result<Node> open(const std::filesystem::path& folder, const Authority& authority, std::int64_t now);

    // Takes in a message of a box, and answers it. Corrupt or Denied where it is none, or its box is not (any more) one
    // of this authority. A node that has signed two histories is in quarantine from then on.
    Result<sync::Answer> answer(std::string_view message, Authority& authority, std::int64_t now);
    // Segments of that box are taken again, where they were not. False where they were.
    Result<bool> release(const std::string& site, const std::string& name);

    // What this authority writes into the catalog; `now` in milliseconds since the epoch.
    catalog::Author author(std::int64_t now) {
        return {*catalog_, *feeds_, self_, std::string(identity::authority_site), now};
    }
    sync::Nodes& nodes() { return *nodes_; }
    feed::Store& feeds() { return *feeds_; }

private:
    Node() = default;
    Result<> renew(const std::filesystem::path& folder, const Authority& authority, std::int64_t now);
    static Result<> take_back(const sync::Node& forked, Authority& authority, std::int64_t now);
    Result<> heed(Authority& authority, std::int64_t now);
    std::unique_ptr<feed::Store> feeds_;
    std::unique_ptr<catalog::Store> catalog_;
    std::unique_ptr<sync::Nodes> nodes_;
    Digest self_{};
    identity::Key key_;
    std::vector<std::string> chain_, roots_;  // DER
    std::string list_;                        // what was taken back (PEM)
    identity::Crl taken_back_;
};

}  // namespace holdfast::hub
