// The store's part of other nodes' feeds: what comes in any order, again and again, or as two histories.
#include "base/crash_point.hpp"
#include "feed/rows.hpp"
#include "feed/store.hpp"

namespace holdfast::feed {

namespace {

// What is lost leaves nothing that the next one would have to fit to; its node has signed both ends.
bool is_behind_hole(const End& end) {
    return end.next > 0 && end.last == Digest{};
}

}  // namespace

Result<> Store::insert(const Row& row, const Segment& segment, std::string_view bytes) {
    TRY(database_.run("INSERT INTO segment(id, next, bytes) VALUES(?, ?, ?)", place_of(row.id, segment.head.first),
                      place_of(row.id, segment.head.next()), BlobView{bytes}));
    return {};
}

// Whether the same records are here already.
Result<bool> Store::is_here(const Row& row, const Segment& segment) {
    const auto same =
        TRY((database_.first<Blob>("SELECT bytes FROM segment WHERE id = ?", place_of(row.id, segment.head.first))));
    if (!same) return false;
    const Head there = TRY(parse_segment(same->bytes)).head;
    return there.count == segment.head.count && there.before == segment.head.before && there.last == segment.head.last;
}

Result<Taken> Store::set_beside(Row& row, const Segment& segment, std::string_view bytes) {
    const Digest digest = sha256(bytes);
    const auto there =
        TRY((database_.first<Number>("SELECT id FROM fork WHERE feed = ? AND digest = ?", row.id, view(digest))));
    if (!there)
        TRY(database_.run("INSERT INTO fork(feed, first, digest, bytes) VALUES(?, ?, ?, ?)", row.id,
                          static_cast<Number>(segment.head.first), view(digest), BlobView{bytes}));
    row.end.forked = true;
    TRY(keep(row));
    return Taken::Fork;
}

Result<> Store::go_on(Row& row, const Segment& segment) {
    const auto records = TRY(unpack(segment));
    if (records.front().at <= row.end.at && segment.head.first > 0)
        return fail(Code::Corrupt, named(segment.head.feed) + ": record " + std::to_string(segment.head.first) +
                                       " is dated before the one before it");
    row.end.next = row.end.closed = segment.head.next();
    row.end.last = row.end.sealed = segment.head.last;
    row.end.at = records.back().at;
    return {};
}

// What came before its time, now that what it stands behind is here.
Result<> Store::take_early(Row& row) {
    while (true) {
        const auto next =
            TRY((database_.first<Blob>("SELECT bytes FROM segment WHERE id = ?", place_of(row.id, row.end.next))));
        if (!next) return {};
        const Segment segment = TRY(parse_segment(next->bytes));
        if (segment.head.before == row.end.last || is_behind_hole(row.end)) {
            TRY(go_on(row, segment));
            continue;
        }
        TRY(set_beside(row, segment, next->bytes));
        TRY(database_.run("DELETE FROM segment WHERE id = ?", place_of(row.id, row.end.next)));
        return {};
    }
}

Result<Taken> Store::place(Row& row, const Segment& segment, std::string_view bytes) {
    if (TRY(is_here(row, segment)) || TRY(is_lost(row, segment.head))) return Taken::Known;
    // Those that are here overlap nowhere, so the last one that begins before its end tells.
    const auto end = TRY((database_.first<Number>("SELECT next FROM segment WHERE id < ? ORDER BY id DESC LIMIT 1",
                                                  place_of(row.id, segment.head.next()))));
    const bool taken = end && *end > place_of(row.id, segment.head.first);
    const bool follows = segment.head.first == row.end.next;
    const bool fits = segment.head.before == row.end.last || is_behind_hole(row.end);
    if (taken || segment.head.first < row.end.next || (follows && !fits)) return set_beside(row, segment, bytes);
    TRY(insert(row, segment, bytes));
    if (!follows) return Taken::Early;
    TRY(go_on(row, segment));
    TRY(take_early(row));
    TRY(keep(row));
    return Taken::New;
}

Result<Taken> Store::receive(std::string_view bytes, std::string_view public_key) {
    const Segment segment = TRY(parse_segment(bytes));
    TRY(check_signature(segment, public_key));
    TRY(unpack(segment));
    auto transaction = TRY(database_.begin());
    Row row = TRY(row_to_write(segment.head.feed));
    const Taken taken = TRY(place(row, segment, bytes));
    crash_point("feed.received");
    TRY(transaction.commit());
    crash_point("feed.kept");
    return taken;
}

Result<bool> Store::agrees(const Feed& feed, std::uint64_t next, const Digest& last) {
    const auto there = TRY(row(feed));
    if (!there || there->end.closed < next) return true;
    if (there->end.closed == next) return there->end.sealed == last || is_behind_hole(there->end);
    const auto bytes =
        TRY((database_.first<Blob>("SELECT bytes FROM segment WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1",
                                   place_of(there->id, 0), place_of(there->id, next))));
    if (!bytes) return true;
    const Head head = TRY(parse_segment(bytes->bytes)).head;
    // What was dropped here, nobody knows. A node's segments end where they do; one that ends elsewhere is another
    // word.
    return head.next() < next || (head.next() == next && head.last == last);
}

Result<std::vector<Fork>> Store::forks() {
    std::vector<Fork> all;
    const auto rows = TRY((database_.rows<Blob, Number, Number, Blob>(
        "SELECT origin, class, first, bytes FROM fork JOIN feed ON feed.id = fork.feed ORDER BY fork.id")));
    for (const auto& [origin, kind, first, bytes] : rows)
        all.push_back(
            {{TRY(digest_of_blob(origin)), static_cast<Class>(kind)}, static_cast<std::uint64_t>(first), bytes.bytes});
    return all;
}

}  // namespace holdfast::feed
