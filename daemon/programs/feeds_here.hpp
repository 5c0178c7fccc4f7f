// The feeds on this box, its own and other nodes', and whose they are.
#pragma once

#include "feed/store.hpp"
#include "sync/nodes.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct FeedsHere {
    feed::Store feeds;
    std::vector<sync::Node> nodes;
    std::optional<sync::Node> self;

    static Result<FeedsHere> open(const std::filesystem::path& root);
    // Nothing where nobody knows it.
    const sync::Node* node(const Digest& origin) const;
    // Its SPIFFE ID, or "node" and the first digits of its number.
    std::string named(const Digest& origin) const;
    // Those of one class ("": all), of nodes that are called so ("": all). NotFound where nobody is.
    Result<std::vector<feed::Feed>> wanted(const std::string& kind, const std::string& name);

    struct Verdict {
        bool good = false;   // whole, and all that is signed was checked
        bool wrong = false;  // something does not fit
        std::string what;
    };
    // Every link, and every signature where its node's certificate is known.
    Result<Verdict> verify(const feed::Feed& feed);
};

}  // namespace holdfast
