#include "sync/ask.hpp"

#include "sync/message.hpp"

#include <algorithm>

namespace holdfast::sync {

namespace {

// Of that site's nodes; of all nodes for "*".
Result<std::vector<Node>> nodes_of(Replica& replica, const std::string& site) {
    return site == catalog::Store::everywhere ? replica.nodes.all() : replica.nodes.of_site(site);
}

// How far this node is with what somebody has told of, and with what they ask for.
Result<Vector> have_of(Replica& replica, const Vector& told, const std::vector<std::string>& sites) {
    Vector here;
    const auto add = [&](const feed::Feed& feed) -> Result<> {
        if (const auto end = TRY(replica.feeds.end(feed)); end && end->closed > 0) here[feed] = end->closed;
        return {};
    };
    for (const auto& [feed, next] : told) TRY(add(feed));
    for (const auto& site : sites)
        for (const auto& node : TRY(nodes_of(replica, site))) TRY(add({node.origin, feed::Class::Catalog}));
    return here;
}

bool is_ahead(const Vector& there, const Vector& here) {
    return std::ranges::any_of(there, [&](const auto& each) {
        const auto found = here.find(each.first);
        return each.second > (found == here.end() ? 0 : found->second);
    });
}

}  // namespace

Result<Heard> ask(Replica& replica, const Own& own, const Asking& asking, const Carry& carry) {
    const Digest self = TRY(close_own(replica, own));
    const Vector here = TRY(have(replica.feeds));
    const auto there = TRY(known_of(replica, asking.address));
    const Wanted lacks = there ? wanted(here, {*there}) : Wanted();
    const Opening opening =
        TRY(sync::asking(replica, self, {.limit = asking.limit, .sites = asking.sites, .begun = {}}));
    Heard heard;
    Carried carried;
    // Twice where this node has lost its memory and others know larger numbers of it.
    for (int tries = 0; tries < 2 && carried.bytes.empty(); ++tries) {
        const auto number = TRY(replica.nodes.next_number(self, own.now, carried.number + 1));
        const auto message =
            TRY(write_message(replica, own, {self, own.now, number}, lacks, here, asking.limit, opening));
        heard.sent = message.segments;
        heard.out += message.bytes.size();
        carried = TRY(carry(message.bytes));
    }
    heard.back = carried.bytes.size();
    auto taking = TRY(take_answer(replica, own, asking.address, carried.bytes));
    heard.taken = std::move(taking.done);
    const Vector now = TRY(have(replica.feeds));
    const bool goes_on = !there || heard.sent > 0 || heard.taken.fresh + heard.taken.pieces > 0;
    heard.more = goes_on && (is_ahead(now, taking.have) || is_ahead(taking.have, now));
    return heard;
}

Result<Answer> answer(Replica& replica, const Own& own, std::string_view message, std::uint64_t most) {
    auto taking = TRY(take_message(replica, own, message, "the message"));
    if (!taking.question) return fail(Code::Denied, "the message asks nothing, so it is not answered");
    Answer answer{std::move(taking.done), {}};
    const auto sender = TRY(replica.nodes.find(taking.head.sender));
    if (!sender) return fail(Code::Denied, "nobody knows who asks");
    TRY(check_quarantine(*sender));
    if (!taking.newest) {
        answer.carried.number = sender->number;
        return answer;
    }
    const Digest self = TRY(close_own(replica, own));
    auto sites = taking.question->sites;
    sites.emplace_back(identity::authority_site);
    Vector here = TRY(have_of(replica, taking.have, sites));
    // Of a feed that has come here otherwise all is asked for: its segments are the proof.
    for (const auto& tip : taking.tips) {
        const feed::Feed which{taking.head.sender, tip.kind};
        if (!TRY(replica.feeds.agrees(which, tip.next, tip.last))) here.erase(which);
    }
    Vector offered;
    for (const auto& each : here)
        if (each.first.kind == feed::Class::Catalog) offered.insert(each);
    const BatchHead head{self, own.now, TRY(replica.nodes.next_number(self, own.now))};
    const auto limit = std::min(taking.question->limit, most);
    const Opening opening{.question = {}, .tips = {}, .reply = taking.head.number};
    const Wanted lacks = wanted(offered, {taking.have});
    const auto spared = is_far_behind(offered, lacks)
                            ? TRY(offers(replica, own, sites, taking.have, taking.question->begun))
                            : std::vector<Offer>();
    answer.carried.bytes = TRY(write_message(replica, own, head, lacks, here, limit, opening, spared)).bytes;
    return answer;
}

}  // namespace holdfast::sync
