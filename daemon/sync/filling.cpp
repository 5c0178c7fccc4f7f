#include "sync/filling.hpp"

#include <algorithm>

namespace holdfast::sync {

namespace {

// The least that all of them have.
std::uint64_t all_have(const std::vector<Vector>& others, const feed::Feed& feed) {
    if (others.empty()) return 0;
    std::uint64_t least = UINT64_MAX;
    for (const auto& each : others) {
        const auto found = each.find(feed);
        least = std::min(least, found == each.end() ? 0 : found->second);
    }
    return least;
}

}  // namespace

Result<Filling> Filling::begin(Replica& replica, const Own& own, const BatchHead& head, BatchWriter::Put put,
                               const Opening& opening) {
    Filling filling(replica, own, head.sender, TRY(BatchWriter::begin(std::move(put), head)));
    if (opening.question) TRY(filling.writer_.add_question(*opening.question));
    if (!opening.tips.empty()) TRY(filling.writer_.add_tips(opening.tips));
    if (opening.reply) TRY(filling.writer_.add_reply(*opening.reply));
    TRY(filling.writer_.add_node(own.chain));
    return filling;
}

Result<> Filling::introduce(const Digest& origin) {
    if (!nodes_.insert(origin).second) return {};
    if (const auto node = TRY(replica_->nodes.find(origin))) TRY(writer_.add_node(node->chain));
    return {};
}

Result<> Filling::add_snapshot(const feed::Snapshot& snapshot) {
    TRY(introduce(snapshot.head.signer));
    for (const auto* all : {&snapshot.head.feeds, &snapshot.head.others})
        for (const auto& each : *all) TRY(introduce(each.origin));
    return writer_.add_snapshot(snapshot);
}

Result<> Filling::add_piece(const Digest& number, std::uint64_t at, std::string_view piece) {
    ++pieces;
    return writer_.add_piece(number, at, piece);
}

Result<> Filling::add(const feed::Feed& feed, std::string_view segment) {
    TRY(introduce(feed.origin));
    TRY(writer_.add_segment(segment));
    ++segments;
    return {};
}

Wanted wanted(const Vector& here, const std::vector<Vector>& others) {
    Wanted all;
    for (const auto& [feed, next] : here)
        if (const auto from = all_have(others, feed); from < next) all.emplace_back(feed, from);
    std::ranges::stable_sort(all, {}, [](const auto& each) { return each.first.kind; });
    return all;
}

Result<std::map<Digest, std::uint64_t>> passed_by_all(Replica& replica, const Own& own, const std::string& site) {
    const Digest self = TRY(replica.nodes.meet(own.chain, replica.roots)).node.origin;
    auto nodes = TRY(replica.nodes.of_site(site));
    const auto above = TRY(replica.nodes.of_site(std::string(identity::authority_site)));
    nodes.insert(nodes.end(), above.begin(), above.end());
    std::map<Digest, std::uint64_t> passed;
    for (const auto& writer : nodes) {
        std::uint64_t least = UINT64_MAX;
        for (const auto& reader : nodes) {
            if (reader.origin == self || (replica.allowed && !replica.allowed(reader.chain))) continue;
            const auto found = reader.have.find({writer.origin, feed::Class::Catalog});
            // Who has written it, has it.
            const bool has = reader.origin == writer.origin;
            if (!has) least = std::min(least, found == reader.have.end() ? 0 : found->second);
        }
        passed[writer.origin] = least;
    }
    return passed;
}

Result<Digest> close_own(Replica& replica, const Own& own) {
    const Digest self = TRY(replica.nodes.meet(own.chain, replica.roots)).node.origin;
    for (std::size_t kind = 0; kind < feed::classes; ++kind)
        TRY(replica.feeds.close({self, static_cast<feed::Class>(kind)}, own.sign));
    return self;
}

}  // namespace holdfast::sync
