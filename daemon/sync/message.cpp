#include "sync/message.hpp"

namespace holdfast::sync {

namespace {

Result<> check_sender(Replica& replica, const Digest& sender) {
    const auto node = TRY(replica.nodes.find(sender));
    if (!node) return fail(Code::Denied, "nobody knows who answers");
    const auto id = TRY(identity::SpiffeId::parse(node->id));
    if (id.site == identity::authority_site) return {};
    return fail(Code::Denied, node->id + " answers, which is no authority");
}

// What this node has not said and others have: somebody else has its key, or this is a copy of what its disk was once.
Result<> check_own(Replica& replica, const Digest& self, const Taking& taking) {
    for (const auto& [feed, next] : taking.have) {
        if (feed.origin != self) continue;
        const auto end = TRY(replica.feeds.end(feed));
        if (!end || end->closed < next)
            return fail(Code::Denied, "others have " + std::to_string(next) + " records of the feed " +
                                          std::string(text(feed.kind)) + " of this box, which has signed " +
                                          std::to_string(end ? end->closed : 0) +
                                          ": this disk is an older copy, or another computer uses this box's key; "
                                          "nothing is passed on under it any more");
    }
    return {};
}

// False: not all of them went in.
Result<bool> add_pieces(Replica& replica, Filling& filling, const Offer& offer, std::uint64_t limit) {
    const auto& snapshot = offer.kept.snapshot;
    if (!filling.takes(snapshot.signed_head.size(), limit)) return false;
    TRY(filling.add_snapshot(snapshot));
    for (auto at = offer.from; at < snapshot.head.pieces.size(); ++at) {
        const auto piece = TRY(replica.feeds.piece(offer.kept, at));
        if (!filling.takes(piece.size(), limit)) return false;
        TRY(filling.add_piece(snapshot.number, at, piece));
    }
    return true;
}

}  // namespace

Result<Opening> asking(Replica& replica, const Digest& self, const Question& question) {
    Opening opening{.question = question, .tips = {}, .reply = {}};
    for (const auto& each : TRY(replica.feeds.snapshots(feed::Store::State::Begun)))
        if (opening.question->begun.size() < most_sites)
            opening.question->begun.push_back({each.snapshot.number, each.pieces});
    for (std::size_t i = 0; i < feed::classes; ++i) {
        const auto kind = static_cast<feed::Class>(i);
        const auto end = TRY(replica.feeds.end({self, kind}));
        if (end && end->closed > 0) opening.tips.push_back({kind, end->closed, end->sealed});
    }
    return opening;
}

Result<Message> write_message(Replica& replica, const Own& own, const BatchHead& head, const Wanted& wanted,
                              const Vector& have, std::uint64_t limit, const Opening& opening,
                              const std::vector<Offer>& offers) {
    Message message;
    const auto put = [&message](std::string_view bytes) -> Result<> {
        message.bytes += bytes;
        return {};
    };
    auto filling = TRY(Filling::begin(replica, own, head, put, opening));
    bool full = false;
    // Records behind a snapshot wait until it is there.
    std::set<feed::Feed> later;
    for (const auto& each : offers) {
        full = !TRY(add_pieces(replica, filling, each, limit)) || full;
        if (full)
            for (const auto& stand : each.kept.snapshot.head.feeds) later.insert({stand.origin, feed::Class::Catalog});
    }
    for (const auto& [feed, from] : beside(wanted, offers, later)) {
        const auto add = [&, &which = feed](std::string_view segment) -> Result<> {
            full = full || !filling.takes(segment.size(), limit);
            if (full) return {};
            message.reached[which] = TRY(feed::parse_segment(segment)).head.next();
            return filling.add(which, segment);
        };
        if (!full) TRY(replica.feeds.segments(feed, from, add));
    }
    TRY(filling.finish(have));
    message.segments = filling.segments;
    message.pieces = filling.pieces;
    return message;
}

Result<Taking> take_message(Replica& replica, const Own& own, std::string_view bytes, const std::string& name) {
    Taking taking(replica, own.now, INT64_MAX);
    TRY(read_message(bytes, name, taking.use()));
    TRY(replica.catalog.catch_up(replica.feeds, taking.catalogs));
    return taking;
}

Result<Taking> take_answer(Replica& replica, const Own& own, const std::string& address, std::string_view bytes) {
    auto taking = TRY(take_message(replica, own, bytes, "the answer of " + address));
    TRY(check_sender(replica, taking.head.sender));
    const Digest self = TRY(node_of(own.chain, replica.roots)).origin;
    TRY(check_own(replica, self, taking));
    TRY(replica.nodes.found_at(address, taking.head.sender));
    return taking;
}

Result<std::optional<Vector>> known_of(Replica& replica, const std::string& address) {
    const auto origin = TRY(replica.nodes.at(address));
    if (!origin) return std::nullopt;
    const auto node = TRY(replica.nodes.find(*origin));
    if (!node) return std::nullopt;
    return std::optional(node->have);
}

}  // namespace holdfast::sync
