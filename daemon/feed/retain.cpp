// The store's part of making room: what may go, in which order, and the record of it.
#include "base/crash_point.hpp"
#include "feed/rows.hpp"
#include "feed/store.hpp"

#include <algorithm>
#include <map>

namespace holdfast::feed {

namespace {

constexpr std::size_t runs_of_a_record = 1000;
constexpr unsigned one_stays_of = 4;

// Runs of one feed that touch are one.
void add(std::vector<Lost>& all, const Lost& lost) {
    if (!all.empty() && all.back().feed == lost.feed && all.back().next == lost.first)
        all.back().next = lost.next;
    else
        all.push_back(lost);
}

}  // namespace

Result<std::uint64_t> Store::size() {
    const auto sum =
        TRY((database_.first<Number, Number>("SELECT (SELECT coalesce(sum(length(bytes)), 0) FROM segment), (SELECT "
                                             "coalesce(sum(length(payload)), 0) FROM record)")));
    return static_cast<std::uint64_t>(std::get<0>(*sum) + std::get<1>(*sum));
}

Result<std::optional<Store::Hole>> Store::hole_at(std::int64_t feed, std::uint64_t first) {
    const auto found =
        TRY((database_.first<Number, Blob>("SELECT next, last FROM lost WHERE id = ?", place_of(feed, first))));
    if (!found) return std::nullopt;
    return Hole{static_cast<std::uint64_t>(std::get<0>(*found)), TRY(digest_of_blob(std::get<1>(*found)))};
}

Result<bool> Store::is_lost(const Row& row, const Head& head) {
    return TRY((database_.first<Number>("SELECT 1 FROM lost WHERE id <= ? AND id >= ? AND next >= ? LIMIT 1",
                                        place_of(row.id, head.first), place_of(row.id, 0),
                                        static_cast<Number>(head.next()))))
        .has_value();
}

// One that ends where this one begins grows.
Result<> Store::dig(std::int64_t feed, std::uint64_t first, const Hole& hole) {
    const auto grown = TRY(database_.run("UPDATE lost SET next = ?, last = ? WHERE id >= ? AND id < ? AND next = ?",
                                         static_cast<Number>(hole.next), view(hole.last), place_of(feed, 0),
                                         place_of(feed, first), static_cast<Number>(first)));
    if (grown == 0)
        TRY(database_.run("INSERT INTO lost(id, next, last) VALUES(?, ?, ?)", place_of(feed, first),
                          static_cast<Number>(hole.next), view(hole.last)));
    return {};
}

Result<std::optional<Lost>> Store::drop(std::int64_t place, const std::string& bytes, const Feed& feed) {
    const Head head = TRY(parse_segment(bytes)).head;
    const Number id = place >> 40U;
    TRY(database_.run("DELETE FROM segment WHERE id = ?", place));
    TRY(dig(id, head.first, {head.next(), head.last}));
    // Two holes may meet now.
    if (const auto behind = TRY(hole_at(id, head.next()))) {
        TRY(database_.run("DELETE FROM lost WHERE id = ?", place_of(id, head.next())));
        TRY(database_.run("UPDATE lost SET next = ?, last = ? WHERE next = ? AND id >= ? AND id < ?",
                          static_cast<Number>(behind->next), view(behind->last), static_cast<Number>(head.next()),
                          place_of(id, 0), place_of(id + 1, 0)));
    }
    return Lost{feed, head.first, head.next()};
}

// Those of one class, from the oldest of each feed on; the last one of a feed stays.
Result<std::vector<Lost>> Store::drop(const Digest& own, Class kind, bool thin, std::uint64_t& over, std::int64_t now) {
    std::vector<Lost> all;
    for (const auto& feed : TRY(feeds())) {
        if (feed.kind != kind) continue;
        const auto there = *TRY(row(feed));
        const auto places = TRY((database_.rows<Number>("SELECT id FROM segment WHERE id >= ? AND id < ? ORDER BY id",
                                                        place_of(there.id, 0), place_of(there.id, there.end.closed))));
        std::vector<Lost> gone;
        std::uint64_t bytes = 0;
        for (std::size_t i = 0; i + 1 < places.size() && over > 0; ++i) {
            if (thin && i % one_stays_of == one_stays_of - 1) continue;
            const auto segment = TRY((database_.first<Blob>("SELECT bytes FROM segment WHERE id = ?", places[i])));
            if (const auto lost = TRY(drop(places[i], segment->bytes, feed))) add(gone, *lost);
            bytes += segment->bytes.size();
            over -= std::min<std::uint64_t>(over, segment->bytes.size());
        }
        for (std::size_t i = 0; i < gone.size(); i += runs_of_a_record) {
            const auto some = std::span(gone).subspan(i, std::min(runs_of_a_record, gone.size() - i));
            const Draft draft{lost_type, write_lost(some, thin ? "thinned" : "dropped", i == 0 ? bytes : 0)};
            TRY(append_within({own, Class::Audit}, {&draft, 1}, now, {}));
        }
        all.insert(all.end(), gone.begin(), gone.end());
    }
    return all;
}

Result<std::vector<Lost>> Store::retain(const Digest& own, std::uint64_t bytes, std::int64_t now) {
    const auto kept = TRY(size());
    std::vector<Lost> all;
    if (kept <= bytes) return all;
    std::uint64_t over = kept - bytes;
    constexpr std::pair<Class, bool> order[] = {
        {Class::Telemetry, true}, {Class::Telemetry, false}, {Class::Health, false}, {Class::Actions, false}};
    auto transaction = TRY(database_.begin());
    for (const auto& [kind, thin] : order) {
        if (over == 0) break;
        const auto gone = TRY(drop(own, kind, thin, over, now));
        all.insert(all.end(), gone.begin(), gone.end());
    }
    crash_point("feed.retained");
    TRY(transaction.commit());
    return all;
}

// SQLite's log beside the file goes into it, and gives its bytes back; as much of it as nobody reads.
Result<> Store::put_log_away() {
    TRY((database_.rows<Number, Number, Number>("PRAGMA wal_checkpoint(TRUNCATE)")));
    return {};
}

// Enough that the next records find room, too, and no more than what was set aside can note: SQLite may write over what
// it frees. False where nothing could go.
Result<bool> Store::make_room(const Digest& own, std::int64_t now) {
    std::error_code none;
    std::filesystem::remove(reserve(), none);
    const auto kept = TRY(size());
    constexpr std::uint64_t some = 1UL << 20U;
    TRY(put_log_away());
    const auto gone = TRY(retain(own, kept - std::min(kept / 4, some), now));
    TRY(put_log_away());
    return !gone.empty();
}

Result<> Store::skip(const Lost& lost) {
    auto transaction = TRY(database_.begin());
    Row row = TRY(row_to_write(lost.feed));
    if (row.end.next >= lost.first) TRY(pass(row, lost.next, {}));
    return transaction.commit();
}

// Goes on there, as if all before it were here; `last` is the chain there, zeros where nobody knows.
Result<> Store::pass(Row& row, std::uint64_t to, const Digest& last) {
    while (row.end.next < to) {
        // What came from elsewhere stays.
        const auto early =
            TRY((database_.first<Number>("SELECT id FROM segment WHERE id > ? AND id < ? ORDER BY id LIMIT 1",
                                         place_of(row.id, row.end.next), place_of(row.id, to))));
        const Hole hole = early ? Hole{sequence_of(*early), {}} : Hole{to, last};
        TRY(dig(row.id, row.end.next, hole));
        row.end.next = row.end.closed = hole.next;
        row.end.last = row.end.sealed = hole.last;
        TRY(take_early(row));
    }
    return keep(row);
}

Result<std::vector<Lost>> Store::lost() {
    std::vector<Lost> all;
    for (const auto& feed : TRY(feeds())) {
        const auto there = *TRY(row(feed));
        TRY((database_.query<Number, Number>(
            "SELECT id, next FROM lost WHERE id >= ? AND id < ? ORDER BY id",
            [&](Number id, Number next) { all.push_back({feed, sequence_of(id), static_cast<std::uint64_t>(next)}); },
            place_of(there.id, 0), place_of(there.id + 1, 0))));
    }
    return all;
}

}  // namespace holdfast::feed
