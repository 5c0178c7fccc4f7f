#include "programs/feeds_here.hpp"

#include "base/text.hpp"
#include "enroll/kept.hpp"

#include <algorithm>

namespace holdfast {

namespace {

constexpr std::size_t digits = 8;

}  // namespace

Result<FeedsHere> FeedsHere::open(const std::filesystem::path& root) {
    const auto folder = root / "var/lib/holdfast";
    auto nodes = TRY(sync::Nodes::open(folder / "nodes.db"));
    FeedsHere here{TRY(feed::Store::open(folder / "feeds.db")), TRY(nodes.all()), {}};
    if (const auto box = TRY(enroll::Kept(root).identity()))
        here.self = sync::Node{TRY(digest_of(box->certificate.fingerprint)), box->id.uri(), box->grant.chain, 0, {}};
    return here;
}

const sync::Node* FeedsHere::node(const Digest& origin) const {
    if (self && self->origin == origin) return &*self;
    const auto found = std::ranges::find(nodes, origin, &sync::Node::origin);
    return found == nodes.end() ? nullptr : &*found;
}

std::string FeedsHere::named(const Digest& origin) const {
    if (origin == Digest{}) return "this box before it was admitted";
    const auto* known = node(origin);
    return known ? known->id : "node " + hex(origin).substr(0, digits);
}

Result<std::vector<feed::Feed>> FeedsHere::wanted(const std::string& kind, const std::string& name) {
    std::optional<feed::Class> which;
    if (!kind.empty()) which = TRY(feed::parse_class(kind));
    std::vector<feed::Feed> all;
    for (const auto& each : TRY(feeds.feeds())) {
        if ((name.empty() || sync::is_called(named(each.origin), each.origin, name)) && (!which || each.kind == *which))
            all.push_back(each);
    }
    if (all.empty() && !name.empty())
        return fail(Code::NotFound, "there is nothing of a node called '" + name + "'; look with: holdfast feed list");
    return all;
}

Result<FeedsHere::Verdict> FeedsHere::verify(const feed::Feed& feed) {
    const auto* whose = node(feed.origin);
    std::optional<std::string> key;
    if (whose) key = TRY(sync::public_key_of(*whose));
    const auto end = feeds.verify(feed, key);
    if (!end) return Verdict{false, true, end.error().what};
    if (end->forked) return Verdict{false, true, "its node has signed two histories"};
    if (feed.origin == Digest{}) return Verdict{true, false, "whole; nobody signs it, as the box had no key yet"};
    if (!key) return Verdict{false, false, "whole; its signatures cannot be checked, as nobody knows its certificate"};
    if (end->closed == 0) return Verdict{true, false, "whole; none of its records is signed yet"};
    std::string what = "whole and signed up to record " + std::to_string(end->closed);
    if (const auto more = end->next - end->closed; more > 0)
        what += "; " + std::to_string(more) + " later ones will be, before they are carried anywhere";
    std::uint64_t gone = 0;
    for (const auto& each : TRY(feeds.lost()))
        if (each.feed == feed) gone += each.next - each.first;
    if (gone > 0)
        what += "; " + std::to_string(gone) + " of them are not here, " +
                (feed.kind == feed::Class::Catalog ? "as a snapshot of the authority's stands for them"
                                                   : "as they had to make room");
    return Verdict{true, false, what};
}

}  // namespace holdfast
