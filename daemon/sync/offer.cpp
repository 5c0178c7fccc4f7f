#include "sync/offer.hpp"

#include "catalog/query.hpp"
#include "catalog/snapshot.hpp"

#include <algorithm>

namespace holdfast::sync {

namespace {

// A snapshot has all that was merged of an entity, and a record a few fields of it: as much as four of them, about.
constexpr std::uint64_t records_of_an_entity = 4, least_records = 256;

feed::Feed catalog_of(const Digest& origin) {
    return {origin, feed::Class::Catalog};
}

std::uint64_t at(const Vector& there, const feed::Feed& feed) {
    const auto found = there.find(feed);
    return found == there.end() ? 0 : found->second;
}

Result<std::vector<std::string>> all_of(Replica& replica, const std::vector<std::string>& sites) {
    std::set<std::string> all;
    for (const auto& site : sites) {
        if (site != catalog::Store::everywhere) {
            all.insert(site);
            continue;
        }
        for (const auto& node : TRY(replica.nodes.all())) all.insert(TRY(identity::SpiffeId::parse(node.id)).site);
    }
    all.erase(std::string(identity::authority_site));
    return std::vector(all.begin(), all.end());
}

// Records of that site's nodes beyond that.
Result<std::uint64_t> lacking(Replica& replica, const std::string& site, const Vector& there) {
    std::uint64_t sum = 0;
    for (const auto& node : TRY(replica.nodes.of_site(site))) {
        const auto feed = catalog_of(node.origin);
        const auto end = TRY(replica.feeds.end(feed));
        if (end) sum += end->closed - std::min(end->closed, at(there, feed));
    }
    return sum;
}

Result<std::uint64_t> entities(Replica& replica, const std::string& site) {
    catalog::Query query;
    query.any = {{{"metadata.namespace", {site}}}};
    return catalog::count(replica.catalog, query);
}

Vector behind(Vector there, const feed::SnapshotHead& head) {
    for (const auto& each : head.feeds) {
        auto& next = there[catalog_of(each.origin)];
        next = std::max(next, each.next);
    }
    return there;
}

Result<std::optional<feed::Store::Kept>> kept_of(Replica& replica, const std::string& site) {
    for (auto& each : TRY(replica.feeds.snapshots(feed::Store::State::Own)))
        if (each.snapshot.head.site == site) return std::move(each);
    return std::nullopt;
}

Result<std::optional<feed::Store::Kept>> make(Replica& replica, const Own& own, const Digest& self,
                                              const std::string& site) {
    auto portrait = replica.catalog.portray(replica.feeds, site);
    if (!portrait && portrait.error().code == Code::NoSpace) return std::nullopt;
    if (!portrait) return std::unexpected(portrait.error());
    if (!*portrait) return std::nullopt;
    auto& [head, pieces] = **portrait;
    head.signer = self;
    head.made = own.now;
    const auto snapshot = TRY(feed::write_snapshot(head, own.sign));
    TRY(replica.feeds.keep_own(snapshot, pieces));
    return kept_of(replica, site);
}

std::optional<std::uint64_t> continued(const feed::Store::Kept& kept, const std::vector<Question::Begun>& begun) {
    const auto found = std::ranges::find(begun, kept.snapshot.number, &Question::Begun::number);
    if (found == begun.end()) return std::nullopt;
    return std::min<std::uint64_t>(found->pieces, kept.snapshot.head.pieces.size());
}

Result<std::optional<Offer>> offer(Replica& replica, const Own& own, const Digest& self, const std::string& site,
                                   const Vector& there, const std::vector<Question::Begun>& begun) {
    const auto lacks = TRY(lacking(replica, site, there));
    if (lacks <= least_records) return std::nullopt;
    auto kept = TRY(kept_of(replica, site));
    if (kept)
        if (const auto from = continued(*kept, begun)) return Offer{*std::move(kept), *from};
    if (lacks <= least_records + records_of_an_entity * TRY(entities(replica, site))) return std::nullopt;
    const bool good = kept && TRY(lacking(replica, site, behind(there, kept->snapshot.head))) <= lacks / 2;
    if (!good) kept = TRY(make(replica, own, self, site));
    if (!kept) return std::nullopt;
    return Offer{*std::move(kept), 0};
}

}  // namespace

bool is_far_behind(const Vector& here, const Wanted& lacks) {
    std::uint64_t sum = 0;
    for (const auto& [feed, from] : lacks)
        if (feed.kind == feed::Class::Catalog) sum += at(here, feed) - std::min(at(here, feed), from);
    return sum > least_records;
}

Result<std::vector<Offer>> offers(Replica& replica, const Own& own, const std::vector<std::string>& sites,
                                  const Vector& there, const std::vector<Question::Begun>& begun) {
    std::vector<Offer> all;
    const Node self = TRY(node_of(own.chain, replica.roots));
    if (TRY(identity::SpiffeId::parse(self.id)).site != identity::authority_site) return all;
    for (const auto& site : TRY(all_of(replica, sites)))
        if (auto one = TRY(offer(replica, own, self.origin, site, there, begun))) all.push_back(*std::move(one));
    return all;
}

Result<std::vector<Offer>> handed_on(Replica& replica, const Wanted& wanted) {
    std::vector<Offer> all;
    for (auto& each : TRY(replica.feeds.snapshots(feed::Store::State::Whole))) {
        const bool lacks = std::ranges::any_of(wanted, [&](const auto& one) {
            return std::ranges::any_of(each.snapshot.head.feeds, [&](const auto& stand) {
                return one.first == catalog_of(stand.origin) && one.second < stand.next;
            });
        });
        if (lacks) all.push_back({std::move(each), 0});
    }
    return all;
}

Wanted beside(const Wanted& wanted, const std::vector<Offer>& offers, const std::set<feed::Feed>& later) {
    Wanted rest;
    for (auto [feed, from] : wanted) {
        if (later.contains(feed)) continue;
        for (const auto& each : offers)
            for (const auto& stand : each.kept.snapshot.head.feeds)
                if (feed == catalog_of(stand.origin)) from = std::max(from, stand.next);
        rest.emplace_back(feed, from);
    }
    return rest;
}

}  // namespace holdfast::sync
