// The store's part of signing: records become segments.
#include "base/crash_point.hpp"
#include "feed/rows.hpp"
#include "feed/store.hpp"

namespace holdfast::feed {

namespace {

constexpr std::size_t enough = 1UL << 20U;  // bytes of records in one segment

// As many of them as fit into one.
std::size_t how_many(std::span<const Record> records) {
    std::size_t bytes = 0, count = 0;
    while (count < records.size() && count < segment_records) {
        bytes += records[count].payload.size() + records[count].type.size() + 64;
        if (count > 0 && bytes > enough) break;
        ++count;
    }
    return count;
}

}  // namespace

// A TPM takes its time: nobody else has to wait for it. Two programs that do this at once sign the same, and the second
// finds it done.
Result<bool> Store::close_some(const Feed& feed, const Sign& sign) {
    const auto before = TRY(row(feed));
    if (!before) return false;
    const auto records = TRY(tail(*before, before->end.closed));
    if (records.empty()) return false;
    const std::span some(records.data(), how_many(records));
    const std::string bytes = TRY(write_segment(feed, before->end.sealed, some, sign));
    const Segment segment = TRY(parse_segment(bytes));
    crash_point("feed.signed");
    auto transaction = TRY(database_.begin());
    Row now = TRY(row_to_write(feed));
    if (now.end.closed != before->end.closed) return true;
    TRY(insert(now, segment, bytes));
    TRY(database_.run("DELETE FROM record WHERE id >= ? AND id < ?", place_of(now.id, segment.head.first),
                      place_of(now.id, segment.head.next())));
    now.end.closed = segment.head.next();
    now.end.sealed = segment.head.last;
    TRY(keep(now));
    crash_point("feed.closing");
    TRY(transaction.commit());
    crash_point("feed.closed");
    return true;
}

Result<std::size_t> Store::close(const Feed& feed, const Sign& sign) {
    std::size_t made = 0;
    while (TRY(close_some(feed, sign))) ++made;
    return made;
}

}  // namespace holdfast::feed
