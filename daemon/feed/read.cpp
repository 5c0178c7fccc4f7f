// The store's part of reading: records, segments, and whether all of it fits together.
#include "feed/rows.hpp"
#include "feed/store.hpp"

#include <utility>

namespace holdfast::feed {

// Both as they were at one time: another program may sign what is open.
Result<std::pair<std::optional<Store::Row>, std::vector<Record>>> Store::row_and_tail(const Feed& feed) {
    while (true) {
        auto there = TRY(row(feed));
        if (!there) return std::pair(there, std::vector<Record>());
        auto records = TRY(tail(*there, there->end.closed));
        const auto now = TRY(row(feed));
        if (now->end.closed == there->end.closed && now->end.next == there->end.next)
            return std::pair(there, std::move(records));
    }
}

Result<> Store::segments(const Feed& feed, std::uint64_t from, const std::function<Result<>(std::string_view)>& use) {
    const auto there = TRY(row(feed));
    if (!there) return {};
    return signed_ones(*there, from, use);
}

// Only up to where there is no gap.
Result<> Store::signed_ones(const Row& row, std::uint64_t from, const std::function<Result<>(std::string_view)>& use) {
    return database_.query<Blob>(
        "SELECT bytes FROM segment WHERE id >= coalesce((SELECT max(id) FROM segment WHERE id >= ?1 AND id <= ?3), ?1)"
        " AND id < ?2 AND next > ?3 ORDER BY id",
        [&](const Blob& bytes) { return use(bytes.bytes); }, place_of(row.id, 0), place_of(row.id, row.end.closed),
        place_of(row.id, from));
}

Result<> Store::read(const Feed& feed, std::uint64_t from, const std::function<Result<>(const Record&)>& use) {
    const auto [there, open] = TRY(row_and_tail(feed));
    if (!there) return {};
    const auto use_some = [&](std::string_view bytes) -> Result<> {
        const Segment segment = TRY(parse_segment(bytes));
        for (const auto& record : TRY(unpack(segment)))
            if (record.sequence >= from) TRY(use(record));
        return {};
    };
    TRY(signed_ones(*there, from, use_some));
    for (const auto& record : open)
        if (record.sequence >= from) TRY(use(record));
    return {};
}

Result<End> Store::verify(const Feed& feed, const std::optional<std::string>& public_key) {
    const auto [there, open] = TRY(row_and_tail(feed));
    if (!there) return fail(Code::NotFound, "there is no feed " + named(feed));
    End reached;
    bool unknown = false;  // what the chain is here: nobody knows behind some holes
    const auto pass_holes = [&]() -> Result<> {
        while (const auto hole = TRY(hole_at(there->id, reached.next))) {
            reached.next = reached.closed = hole->next;
            reached.last = reached.sealed = hole->last;
            unknown = hole->last == Digest{};
        }
        return {};
    };
    const auto check_one = [&](std::string_view bytes) -> Result<> {
        const Segment segment = TRY(parse_segment(bytes));
        if (public_key) TRY(check_signature(segment, *public_key));
        TRY(pass_holes());
        if (std::exchange(unknown, false)) reached.last = segment.head.before;
        if (segment.head.feed != feed || segment.head.first != reached.next || segment.head.before != reached.last)
            return fail(Code::Corrupt, named(feed) + ": record " + std::to_string(segment.head.first) +
                                           " does not stand behind the one before it");
        TRY(unpack(segment));
        reached.next = reached.closed = segment.head.next();
        reached.last = reached.sealed = segment.head.last;
        return {};
    };
    TRY(signed_ones(*there, 0, check_one));
    TRY(pass_holes());
    for (const auto& record : open) {
        if (record.sequence != reached.next)
            return fail(Code::Corrupt, named(feed) + ": record " + std::to_string(reached.next) + " is missing");
        reached.last = chained(feed, reached.last, record);
        ++reached.next;
    }
    if (reached.next != there->end.next || reached.last != there->end.last)
        return fail(Code::Corrupt, named(feed) + ": it ends with record " + std::to_string(reached.next) + ", and " +
                                       std::to_string(there->end.next) + " were written");
    return there->end;
}

}  // namespace holdfast::feed
