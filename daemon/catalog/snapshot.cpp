#include "catalog/snapshot.hpp"

#include "base/crash_point.hpp"
#include "catalog/intake.hpp"
#include "catalog/piece.hpp"
#include "catalog/rows.hpp"
#include "catalog/state.hpp"
#include "feed/packing.hpp"

#include <algorithm>

namespace holdfast::catalog {

namespace {

constexpr std::size_t piece_bytes = 512UL << 10U;  // before they are packed, about

// Names begin with kind and namespace: between which ones those of a namespace stand.
Result<std::vector<std::pair<std::string, std::string>>> ranges_of(sqlite::Database& database,
                                                                   const std::string& space) {
    std::vector<std::pair<std::string, std::string>> all;
    for (std::string behind;;) {
        const auto next =
            TRY(database.first<std::string>("SELECT name FROM entity WHERE name > ? ORDER BY name LIMIT 1", behind));
        if (!next) return all;
        const std::string kind(kind_of(*next));
        // A slash and what comes next, and so for the colon.
        all.emplace_back(kind + ":" + space + "/", kind + ":" + space + "0");
        behind = kind + ";";
    }
}

struct Writer {
    std::int64_t number = 0;
    Digest origin{};
    std::uint64_t next = 0;
    bool elsewhere = false;  // it writes into other namespaces, too
};

// Whose words are in it, the site's own first.
Result<std::vector<Writer>> writers(sqlite::Database& database, const std::string& space) {
    std::vector<Writer> all;
    for (const auto& [id, origin, next, spaces] : TRY((database.rows<Number, Blob, Number, Number>(
             "SELECT id, origin, next, (SELECT count(*) FROM may_write WHERE node = id AND space != ?1) FROM node"
             " WHERE EXISTS(SELECT 1 FROM may_write WHERE node = id AND space IN (?1, ?2)) AND next > 0",
             space, Store::everywhere))))
        all.push_back({id, TRY(digest_of_blob(origin)), static_cast<std::uint64_t>(next), spaces > 0});
    std::ranges::stable_partition(all, [](const Writer& each) { return !each.elsewhere; });
    return all;
}

// Where its feed stands, if that is where the catalog stands.
Result<std::optional<feed::SnapshotHead::Stand>> stand_of(feed::Store& feeds, const Writer& writer) {
    const auto end = TRY(feeds.end({writer.origin, feed::Class::Catalog}));
    if (!end || end->forked || end->next != writer.next || end->closed != writer.next) return std::nullopt;
    return feed::SnapshotHead::Stand{writer.origin, writer.next, end->sealed};
}

// Entities into pieces of about the same size.
class Pieces {
public:
    Result<> add(std::string name, Merged merged, std::size_t bytes) {
        if (size_ > 0 && size_ + bytes > piece_bytes) TRY(finish());
        entities_.emplace_back(std::move(name), std::move(merged));
        size_ += bytes;
        return {};
    }
    Result<> finish() {
        if (entities_.empty()) return {};
        if (done.size() == feed::most_pieces) return fail(Code::NoSpace, "more than a snapshot has room for");
        const auto plain = write_piece(entities_);
        if (plain.size() > feed::segment_limit) return fail(Code::NoSpace, "more than a piece has room for");
        done.push_back(TRY(feed::compress(plain)));
        entities_.clear();
        size_ = 0;
        return {};
    }
    std::vector<std::string> done;

private:
    std::vector<std::pair<std::string, Merged>> entities_;
    std::size_t size_ = 0;
};

}  // namespace

Result<std::optional<Portrait>> Store::portray(feed::Store& feeds, const std::string& space) {
    constexpr auto nobody = UINT32_MAX;
    auto transaction = TRY(database_.begin());
    Portrait portrait;
    portrait.head.site = space;
    std::vector<std::uint32_t> numbers;
    for (const auto& each : TRY(writers(database_, space))) {
        const auto stand = TRY(stand_of(feeds, each));
        if (!stand) return std::nullopt;
        auto& list = each.elsewhere ? portrait.head.others : portrait.head.feeds;
        list.push_back(*stand);
        numbers.resize(std::max<std::size_t>(numbers.size(), static_cast<std::size_t>(each.number) + 1), nobody);
        numbers[static_cast<std::size_t>(each.number)] =
            static_cast<std::uint32_t>(portrait.head.feeds.size() + portrait.head.others.size() - 1);
    }
    Pieces pieces;
    const auto is_known = [&](std::uint32_t node) { return node < numbers.size() && numbers[node] != nobody; };
    bool known = true;
    const auto add = [&](std::string name, const Blob& state) -> Result<> {
        const Merged merged = TRY(parse_state(state.bytes));
        known = known && is_of(merged, is_known);
        if (!known) return {};
        return pieces.add(std::move(name), renumbered(merged, numbers), state.bytes.size());
    };
    for (const auto& [least, most] : TRY(ranges_of(database_, space)))
        TRY((database_.query<std::string, Blob>(
            "SELECT name, state FROM entity JOIN said ON entity = id WHERE name > ? AND name < ? ORDER BY name", add,
            least, most)));
    TRY(pieces.finish());
    if (!known) return std::nullopt;
    portrait.pieces = std::move(pieces.done);
    for (const auto& each : portrait.pieces) portrait.head.pieces.push_back(sha256(each));
    return portrait;
}

// What is here of that site goes, but for what the snapshot has of it; and what feeds say beyond it is merged again.
Result<> Intake::adopt(const feed::Snapshot& snapshot, const std::vector<std::string>& pieces) {
    const auto& head = snapshot.head;
    TRY(begin());
    std::vector<std::uint32_t> numbers;
    for (const auto* all : {&head.feeds, &head.others})
        for (const auto& each : *all) numbers.push_back(TRY(store_.number_of(each.origin)));
    std::vector<std::string> before;
    for (const auto& [least, most] : TRY(ranges_of(database_, head.site)))
        TRY(database_.query<std::string>(
            "SELECT name FROM entity WHERE name > ? AND name < ?",
            [&](std::string name) { before.push_back(std::move(name)); }, least, most));
    for (const auto& name : before) works_.emplace(name, TRY(read(name))).first->second.merged = Merged();
    for (const auto& piece : pieces) {
        for (auto& [name, merged] : TRY(unpack_piece(piece, head))) {
            auto [work, is_new] = works_.try_emplace(name);
            if (is_new) work->second = TRY(read(name));
            work->second.merged = renumbered(merged, numbers);
        }
    }
    TRY(stand_behind(snapshot));
    crash_point("catalog.adopting");
    TRY(commit());
    crash_point("catalog.adopted");
    return {};
}

// Records before it say nothing new of the site; those behind it are read again, as the entities were put back.
Result<> Intake::stand_behind(const feed::Snapshot& snapshot) {
    const auto& head = snapshot.head;
    TRY(database_.run("DELETE FROM covered WHERE space = ?", head.site));
    TRY(database_.run(
        "UPDATE node SET next = 0 WHERE EXISTS(SELECT 1 FROM may_write WHERE node = id AND space IN (?, ?))", head.site,
        Store::everywhere));
    for (const auto* all : {&head.feeds, &head.others}) {
        for (const auto& each : *all) {
            const auto node = TRY(store_.number_of(each.origin));
            const auto next = static_cast<Number>(each.next);
            TRY(database_.run("INSERT INTO covered(node, space, next) VALUES(?, ?, ?)", node, head.site, next));
            if (all == &head.feeds) TRY(database_.run("UPDATE node SET next = ? WHERE id = ?", next, node));
        }
    }
    TRY(database_.run(
        "INSERT INTO snapshot(space, number) VALUES(?, ?) ON CONFLICT DO UPDATE SET number = excluded.number",
        head.site, view(snapshot.number)));
    return {};
}

Result<bool> Store::adopt(feed::Store& feeds) {
    bool any = false;
    for (const auto& [site, number] : TRY(feeds.to_adopt())) {
        const auto known =
            TRY(database_.first<Number>("SELECT 1 FROM snapshot WHERE space = ? AND number = ?", site, view(number)));
        if (known) continue;
        for (const auto& each : TRY(feeds.snapshots(feed::Store::State::Whole))) {
            if (each.snapshot.number != number) continue;
            std::vector<std::string> pieces;
            for (std::size_t i = 0; i < each.snapshot.head.pieces.size(); ++i)
                pieces.push_back(TRY(feeds.piece(each, i)));
            const auto adopted = Intake(*this).adopt(each.snapshot, pieces);
            if (!adopted) numbers_.clear();
            TRY(in("the snapshot of the site " + site, adopted));
            any = true;
        }
    }
    return any;
}

}  // namespace holdfast::catalog
