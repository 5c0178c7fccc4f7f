#include "sync/taking.hpp"

#include "base/text.hpp"
#include "base/when.hpp"
#include "catalog/piece.hpp"

namespace holdfast::sync {

namespace {

constexpr std::size_t most_refusals = 1000, digits = 8;

std::string short_name(const Digest& origin) {
    return "node " + hex(origin).substr(0, digits);
}

// What belongs to this one thing, and is no trouble of ours.
bool is_its_fault(const Error& error) {
    return error.code == Code::Denied || error.code == Code::Corrupt;
}

}  // namespace

Result<> check_quarantine(const Node& node) {
    if (node.quarantine.empty()) return {};
    return fail(Code::Denied, node.id + " is in quarantine here: " + node.quarantine +
                                  "; once it is clear why: holdfast sync release " +
                                  hex(node.origin).substr(0, digits));
}

BatchUse Taking::use() {
    return {.head = [this](const BatchHead& begun) { return begin(begun); },
            .question = [this](const Question& asked) -> Result<> {
                question = asked;
                return {};
            },
            .tips = [this](std::vector<Tip> told) -> Result<> {
                tips = std::move(told);
                return {};
            },
            .reply = [this](std::uint64_t number) -> Result<> {
                reply = number;
                return {};
            },
            .node = [this](const std::vector<std::string>& chain) { return meet(chain); },
            .segment = [this](std::string_view segment) { return take(segment); },
            .snapshot = [this](const feed::Snapshot& snapshot) { return begin_snapshot(snapshot); },
            .piece = [this](const Digest& number, std::uint64_t at,
                            std::string_view piece) { return take_piece(number, at, piece); },
            .end = [this](const Vector& vector) { return end(vector); },
            .key = [this](const Digest& sender) -> Result<std::string> { return key(TRY(known(sender))); }};
}

Result<> Taking::begin(const BatchHead& begun) {
    head = begun;
    done.sender = begun.sender;
    if (begun.made <= latest_) return {};
    return fail(Code::Denied, "it is from the future: it says it was made on " + date(begun.made) +
                                  ", and the clock here says " + date(now_) +
                                  "; set the clock that is wrong, or take it in all the same with --from-the-future");
}

Result<> Taking::end(const Vector& vector) {
    have = vector;
    newest = TRY(replica_.nodes.note(head, vector, now_));
    return {};
}

void Taking::refuse(const std::string& why) {
    if (done.refused.size() < most_refusals) done.refused.push_back(why);
}

Result<> Taking::greet(const std::vector<std::string>& chain) {
    if (replica_.allowed) TRY(replica_.allowed(chain));
    const auto met = TRY(replica_.nodes.meet(chain, replica_.roots));
    // What was kept out may be taken now.
    if (met.news) catalogs.push_back({met.node.origin, feed::Class::Catalog});
    return allow(replica_, met.node);
}

// Somebody else's certificates that are not good cost the rest nothing.
Result<> Taking::meet(const std::vector<std::string>& chain) {
    const auto greeted = greet(chain);
    if (greeted || !is_its_fault(greeted.error())) return greeted;
    refuse("a node's certificate: " + greeted.error().what);
    return {};
}

Result<Node> Taking::known(const Digest& origin) {
    auto node = TRY(replica_.nodes.find(origin));
    if (!node) return fail(Code::Denied, short_name(origin) + " is known to nobody here");
    return *std::move(node);
}

Result<std::string> Taking::key(const Node& node) {
    if (replica_.allowed) TRY(in(node.id, replica_.allowed(node.chain)));
    return public_key_of(node);
}

Result<feed::Taken> Taking::take_one(std::string_view bytes, feed::Feed& which) {
    const auto segment = TRY(feed::parse_segment(bytes));
    which = segment.head.feed;
    const auto node = TRY(in(named(which), known(which.origin)));
    TRY(in(named(which), check_quarantine(node)));
    const auto public_key = TRY(in(named(which), key(node)));
    return replica_.feeds.receive(bytes, public_key);
}

// Nobody knows which of its two histories is its word, so there is no third thing to believe.
Result<> Taking::set_apart(const feed::Feed& which) {
    ++done.forks;
    refuse(named(which) + ": its node has signed two histories; both are kept, and nothing more is taken from it");
    const auto node = TRY(replica_.nodes.find(which.origin));
    const std::string why = "its feed " + std::string(text(which.kind)) + " has two histories, both signed by it";
    if (!node || !TRY(replica_.nodes.quarantine(which.origin, why))) return {};
    done.set_apart.push_back(node->id);
    if (replica_.forked) return replica_.forked(*node);
    return {};
}

// A node that had to make room tells what is gone, so that nobody waits for it.
Result<> Taking::heed_losses(std::string_view bytes, const feed::Feed& which) {
    if (which.kind != feed::Class::Audit) return {};
    const auto segment = TRY(feed::parse_segment(bytes));
    for (const auto& record : TRY(feed::unpack(segment))) {
        if (record.type != feed::lost_type) continue;
        for (const auto& lost : TRY(feed::parse_lost(record.payload)))
            if (lost.feed.origin == which.origin) TRY(replica_.feeds.skip(lost));
    }
    return {};
}

// An authority's word alone stands for what others have said.
Result<> Taking::believe(const feed::Snapshot& snapshot) {
    const auto node = TRY(known(snapshot.head.signer));
    TRY(check_quarantine(node));
    if (TRY(identity::SpiffeId::parse(node.id)).site != identity::authority_site)
        return fail(Code::Denied, node.id + " has signed it, which is no authority");
    const auto public_key = TRY(key(node));
    TRY(feed::check_signature(snapshot, public_key));
    if (TRY(replica_.feeds.begin_snapshot(snapshot, replica_.self))) begun_.emplace(snapshot.number, snapshot.head);
    return {};
}

Result<> Taking::begin_snapshot(const feed::Snapshot& snapshot) {
    const auto believed = believe(snapshot);
    if (believed || !is_its_fault(believed.error())) return believed;
    refuse("the snapshot of the site " + snapshot.head.site + ": " + believed.error().what);
    return {};
}

Result<> Taking::take_piece(const Digest& number, std::uint64_t at, std::string_view piece) {
    const auto of = begun_.find(number);
    if (of == begun_.end()) return {};
    // What the catalog could not take in never becomes a part of one.
    const auto read = catalog::unpack_piece(piece, of->second);
    const auto taken = read ? replica_.feeds.add_piece(number, at, piece) : Result<bool>(std::unexpected(read.error()));
    if (!taken && !is_its_fault(taken.error())) return std::unexpected(taken.error());
    if (!taken)
        refuse("a snapshot: " + taken.error().what);
    else if (*taken)
        ++done.pieces;
    return {};
}

Result<> Taking::take(std::string_view bytes) {
    feed::Feed which;
    auto taken = take_one(bytes, which);
    if (taken && which.kind == feed::Class::Catalog && (catalogs.empty() || catalogs.back() != which))
        catalogs.push_back(which);
    if (taken && *taken != feed::Taken::Fork && *taken != feed::Taken::Known)
        if (const auto heeded = heed_losses(bytes, which); !heeded) taken = std::unexpected(heeded.error());
    if (!taken) {
        if (!is_its_fault(taken.error())) return std::unexpected(taken.error());
        refuse(taken.error().what);
        return {};
    }
    switch (*taken) {
        case feed::Taken::New: ++done.fresh; break;
        case feed::Taken::Known: ++done.known; break;
        case feed::Taken::Early: ++done.early; break;
        case feed::Taken::Fork: return set_apart(which);
    }
    return {};
}

}  // namespace holdfast::sync
