// The store's part of snapshots: kept piece by piece, and once one is whole, feeds go on behind what it stands for.
#include "base/crash_point.hpp"
#include "feed/rows.hpp"
#include "feed/store.hpp"

#include <algorithm>

namespace holdfast::feed {

namespace {

Number piece_place(Number snapshot, std::uint64_t at) {
    constexpr unsigned bits = 13;
    static_assert(most_pieces <= 1UL << bits);
    return (snapshot << bits) | static_cast<Number>(at);
}

Feed catalog_of(const SnapshotHead::Stand& stand) {
    return {stand.origin, Class::Catalog};
}

// Whether nothing in it stands behind what is in the other one.
bool reaches(const SnapshotHead& head, const SnapshotHead& other) {
    const auto next = [&](const Digest& origin) {
        for (const auto* all : {&head.feeds, &head.others})
            for (const auto& each : *all)
                if (each.origin == origin) return each.next;
        return std::uint64_t{0};
    };
    const auto has = [&](const SnapshotHead::Stand& each) { return next(each.origin) >= each.next; };
    return std::ranges::all_of(other.feeds, has) && std::ranges::all_of(other.others, has);
}

}  // namespace

Result<std::vector<Store::Kept>> Store::snapshots(std::optional<State> state) {
    std::vector<Kept> all;
    const auto only = state ? std::optional(static_cast<Number>(*state)) : std::nullopt;
    for (auto& [id, head, signature, is] : TRY((database_.rows<Number, Blob, Blob, Number>(
             "SELECT id, head, signature, state FROM snapshot WHERE ?1 IS NULL OR state = ?1 ORDER BY id", only))))
        all.push_back(
            {TRY(read_snapshot(std::move(head.bytes), std::move(signature.bytes))), static_cast<State>(is), id, 0});
    for (auto& each : all) {
        const auto first = piece_place(each.place, 0);
        // They come in their order, but for those that another carrier has brought.
        TRY(database_.query<Number>(
            "SELECT id FROM piece WHERE id >= ? AND id < ? ORDER BY id",
            [&](Number id) { each.pieces += id == first + static_cast<Number>(each.pieces) ? 1U : 0U; }, first,
            piece_place(each.place + 1, 0)));
    }
    return all;
}

Result<std::vector<std::pair<std::string, Digest>>> Store::to_adopt() {
    std::vector<std::pair<std::string, Digest>> all;
    for (auto& [site, number] : TRY((database_.rows<std::string, Blob>(
             "SELECT site, number FROM snapshot WHERE state = ?", static_cast<Number>(State::Whole)))))
        all.emplace_back(std::move(site), TRY(digest_of_blob(number)));
    return all;
}

Result<std::string> Store::piece(const Kept& kept, std::uint64_t at) {
    auto found = TRY(database_.first<Blob>("SELECT bytes FROM piece WHERE id = ?", piece_place(kept.place, at)));
    if (!found) return fail(Code::NotFound, "piece " + std::to_string(at) + " of a snapshot is not here");
    return std::move(found->bytes);
}

Result<> Store::forget_snapshot(std::int64_t place) {
    TRY(database_.run("DELETE FROM piece WHERE id >= ? AND id < ?", piece_place(place, 0), piece_place(place + 1, 0)));
    TRY(database_.run("DELETE FROM snapshot WHERE id = ?", place));
    return {};
}

Result<std::int64_t> Store::insert(const Snapshot& snapshot, State state) {
    TRY(database_.run("INSERT INTO snapshot(number, site, head, signature, state) VALUES(?, ?, ?, ?, ?)",
                      view(snapshot.number), snapshot.head.site, BlobView{snapshot.signed_head},
                      BlobView{snapshot.signature}, static_cast<Number>(state)));
    return *TRY(database_.first<Number>("SELECT last_insert_rowid()"));
}

Result<bool> Store::begin_snapshot(const Snapshot& snapshot, const Digest& self) {
    const auto& head = snapshot.head;
    auto transaction = TRY(database_.begin());
    bool news = false;
    for (const auto& each : head.feeds) {
        const auto there = TRY(row(catalog_of(each)));
        const auto here = there ? there->end.closed : 0;
        news = news || here < each.next;
        if (each.origin == self && here < each.next)
            return fail(Code::Denied, "it knows more of this node than this node itself: this disk is an older copy");
    }
    for (const auto& each : TRY(snapshots())) {
        if (each.snapshot.head.site != head.site || each.state == State::Own) continue;
        if (each.snapshot.number == snapshot.number) return each.state == State::Begun;
        if (!reaches(head, each.snapshot.head)) return false;
        if (each.state == State::Begun) TRY(forget_snapshot(each.place));
    }
    if (!news) return false;
    const auto place = TRY(insert(snapshot, State::Begun));
    if (head.pieces.empty()) TRY(finish({snapshot, State::Begun, place, 0}));
    TRY(transaction.commit());
    return true;
}

Result<bool> Store::add_piece(const Digest& number, std::uint64_t at, std::string_view bytes) {
    auto transaction = TRY(database_.begin());
    const auto all = TRY(snapshots(State::Begun));
    const auto found = std::ranges::find(all, number, [](const Kept& each) { return each.snapshot.number; });
    if (found == all.end()) return false;
    const auto& pieces = found->snapshot.head.pieces;
    if (at >= pieces.size() || sha256(bytes) != pieces[at])
        return fail(Code::Corrupt, "piece " + std::to_string(at) + " is not what was signed");
    TRY(database_.run("INSERT INTO piece(id, bytes) VALUES(?, ?) ON CONFLICT DO NOTHING", piece_place(found->place, at),
                      BlobView{bytes}));
    const auto here = TRY(database_.first<Number>("SELECT count(*) FROM piece WHERE id >= ? AND id < ?",
                                                  piece_place(found->place, 0), piece_place(found->place + 1, 0)));
    if (static_cast<std::size_t>(*here) == pieces.size()) TRY(finish(*found));
    crash_point("feed.piece");
    TRY(transaction.commit());
    crash_point("feed.pieced");
    return true;
}

// What the catalog makes of it, it makes from here, also after it was lost.
Result<> Store::finish(const Kept& kept) {
    const auto& head = kept.snapshot.head;
    for (const auto& each : TRY(snapshots()))
        if (each.snapshot.head.site == head.site && each.state != State::Own && each.place != kept.place)
            TRY(forget_snapshot(each.place));
    TRY(database_.run("UPDATE snapshot SET state = ? WHERE id = ?", static_cast<Number>(State::Whole), kept.place));
    for (const auto& each : head.feeds) {
        Row there = TRY(row_to_write(catalog_of(each)));
        TRY(pass(there, each.next, each.last));
    }
    return {};
}

Result<> Store::keep_own(const Snapshot& snapshot, std::span<const std::string> pieces) {
    auto transaction = TRY(database_.begin());
    for (const auto& each : TRY(snapshots(State::Own)))
        if (each.snapshot.head.site == snapshot.head.site) TRY(forget_snapshot(each.place));
    const auto place = TRY(insert(snapshot, State::Own));
    for (std::size_t i = 0; i < pieces.size(); ++i)
        TRY(database_.run("INSERT INTO piece(id, bytes) VALUES(?, ?)", piece_place(place, i), BlobView{pieces[i]}));
    return transaction.commit();
}

}  // namespace holdfast::feed
