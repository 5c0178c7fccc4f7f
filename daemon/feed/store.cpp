#include "feed/store.hpp"

#include "base/crash_point.hpp"
#include "base/handle.hpp"
#include "feed/rows.hpp"

#include <algorithm>
#include <fcntl.h>

namespace holdfast::feed {

namespace {

namespace fs = std::filesystem;

// Grows only; see base/sqlite.hpp. A record and a segment are found by one number: that of the feed, and behind it the
// sequence (of the first record), which has 40 bits.
constexpr const char* migrations[] = {
    "CREATE TABLE feed(id INTEGER PRIMARY KEY, origin BLOB NOT NULL, class INTEGER NOT NULL, next INTEGER NOT NULL,"
    " last BLOB NOT NULL, wall INTEGER NOT NULL, count INTEGER NOT NULL, closed INTEGER NOT NULL,"
    " sealed BLOB NOT NULL, forked INTEGER NOT NULL, UNIQUE(origin, class));"
    "CREATE INDEX feed_by_stamp ON feed(wall, count);"
    "CREATE TABLE record(id INTEGER PRIMARY KEY, wall INTEGER NOT NULL, count INTEGER NOT NULL, type TEXT NOT NULL,"
    " payload BLOB NOT NULL);"
    "CREATE TABLE segment(id INTEGER PRIMARY KEY, next INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE TABLE fork(id INTEGER PRIMARY KEY, feed INTEGER NOT NULL, first INTEGER NOT NULL, digest BLOB NOT NULL,"
    " bytes BLOB NOT NULL);",
    "CREATE TABLE lost(id INTEGER PRIMARY KEY, next INTEGER NOT NULL, last BLOB NOT NULL);",
    // Pieces are found by one number: that of the snapshot, and behind it which one it is.
    "CREATE TABLE snapshot(id INTEGER PRIMARY KEY AUTOINCREMENT, number BLOB NOT NULL UNIQUE, site TEXT NOT NULL,"
    " head BLOB NOT NULL, signature BLOB NOT NULL, state INTEGER NOT NULL);"
    "CREATE TABLE piece(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);",
};

Result<> check(const Draft& draft) {
    if (draft.type.empty() || draft.type.size() > type_limit)
        return fail(Code::Corrupt, "'" + draft.type.substr(0, type_limit) + "' is no type of a record");
    if (draft.payload.size() > payload_limit)
        return fail(Code::Corrupt, "a record of " + std::to_string(draft.payload.size()) + " bytes; " +
                                       std::to_string(payload_limit) + " are taken");
    return {};
}

}  // namespace

// Bytes that nobody else gets: even what only frees some has to be written first. As many of them as there is room for.
void set_aside(const fs::path& file) {
    constexpr off_t most = 4L << 20U, least = 256L << 10U;
    const Fd descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    for (off_t bytes = most; descriptor && bytes >= least; bytes /= 2)
        if (::posix_fallocate(descriptor.number(), 0, bytes) == 0) return;
    std::error_code none;
    fs::remove(file, none);
}

Result<Store> Store::open(const std::filesystem::path& file) {
    constexpr sqlite::Options options{.limit = 8ULL << 30U, .write_ahead = true};
    auto database = sqlite::Database::open(file, migrations, options);
    // To read what is there needs some bytes, too, where nobody has it open.
    std::error_code none;
    if (!database && database.error().code == Code::NoSpace && fs::remove(file.string() + ".reserve", none))
        database = sqlite::Database::open(file, migrations, options);
    Store store(TRY(std::move(database)), file);
    set_aside(store.reserve());
    return store;
}

Result<std::optional<Store::Row>> Store::row(const Feed& feed) {
    const auto found = TRY((database_.first<Number, Number, Blob, Number, Number, Number, Blob, Number>(
        "SELECT id, next, last, wall, count, closed, sealed, forked FROM feed WHERE origin = ? AND class = ?",
        view(feed.origin), static_cast<Number>(feed.kind))));
    if (!found) return std::nullopt;
    const auto& [id, next, last, wall, count, closed, sealed, forked] = *found;
    return Row{id, End{.next = static_cast<std::uint64_t>(next),
                       .last = TRY(digest_of_blob(last)),
                       .at = {wall, static_cast<std::uint32_t>(count)},
                       .closed = static_cast<std::uint64_t>(closed),
                       .sealed = TRY(digest_of_blob(sealed)),
                       .forked = forked != 0}};
}

Result<Store::Row> Store::row_to_write(const Feed& feed) {
    if (auto there = TRY(row(feed))) return *there;
    TRY(
        database_.run("INSERT INTO feed(origin, class, next, last, wall, count, closed, sealed, forked)"
                      " VALUES(?, ?, 0, ?, 0, 0, 0, ?, 0)",
                      view(feed.origin), static_cast<Number>(feed.kind), view(Digest{}), view(Digest{})));
    return *TRY(row(feed));
}

Result<> Store::keep(const Row& row) {
    const End& end = row.end;
    TRY(database_.run(
        "UPDATE feed SET next = ?, last = ?, wall = ?, count = ?, closed = ?, sealed = ?, forked = ? WHERE id = ?",
        static_cast<Number>(end.next), view(end.last), end.at.wall, static_cast<Number>(end.at.count),
        static_cast<Number>(end.closed), view(end.sealed), static_cast<Number>(end.forked), row.id));
    return {};
}

// A node whose clock is years ahead takes nobody along: its stamps count for itself.
Result<Stamp> Store::latest(std::int64_t now) {
    constexpr std::int64_t day = 86'400'000;
    const auto found = TRY((database_.first<Number, Number>(
        "SELECT wall, count FROM feed WHERE wall <= ? ORDER BY wall DESC, count DESC LIMIT 1", now + day)));
    if (!found) return Stamp{};
    return Stamp{std::get<0>(*found), static_cast<std::uint32_t>(std::get<1>(*found))};
}

Result<End> Store::append(const Feed& feed, std::span<const Draft> drafts, std::int64_t now,
                          std::optional<std::uint64_t> next) {
    for (const auto& draft : drafts) TRY(check(draft));
    auto end = append_once(feed, drafts, now, next);
    if (end || end.error().code != Code::NoSpace) return end;
    const auto made = make_room(feed.origin, now);
    if (made && *made) end = append_once(feed, drafts, now, next);
    set_aside(reserve());
    return end;
}

Result<End> Store::append_once(const Feed& feed, std::span<const Draft> drafts, std::int64_t now,
                               std::optional<std::uint64_t> next) {
    auto transaction = TRY(database_.begin());
    const End end = TRY(append_within(feed, drafts, now, next));
    crash_point("feed.appended");
    TRY(transaction.commit());
    crash_point("feed.durable");
    return end;
}

Result<End> Store::append_within(const Feed& feed, std::span<const Draft> drafts, std::int64_t now,
                                 std::optional<std::uint64_t> next) {
    Row row = TRY(row_to_write(feed));
    if (next && row.end.next != *next) return fail(Code::Busy, named(feed) + ": something else was appended meanwhile");
    const Stamp known = TRY(latest(now));
    Stamp last = std::max(known, row.end.at);
    for (const auto& draft : drafts) {
        const Record record{row.end.next, after(last, now), draft.type, draft.payload};
        if (record.sequence > sequence_limit) return fail(Code::NoSpace, named(feed) + ": it has no more numbers");
        TRY(database_.run("INSERT INTO record(id, wall, count, type, payload) VALUES(?, ?, ?, ?, ?)",
                          place_of(row.id, record.sequence), record.at.wall, static_cast<Number>(record.at.count),
                          record.type, BlobView{record.payload}));
        row.end.last = chained(feed, row.end.last, record);
        row.end.at = last = record.at;
        ++row.end.next;
    }
    TRY(keep(row));
    return row.end;
}

Result<std::vector<Record>> Store::tail(const Row& row, std::uint64_t from) {
    std::vector<Record> records;
    TRY((database_.query<Number, Number, Number, std::string, Blob>(
        "SELECT id, wall, count, type, payload FROM record WHERE id >= ? AND id < ? ORDER BY id",
        [&](Number id, Number wall, Number count, std::string type, Blob payload) {
            records.push_back({sequence_of(id),
                               {wall, static_cast<std::uint32_t>(count)},
                               std::move(type),
                               std::move(payload.bytes)});
        },
        place_of(row.id, from), place_of(row.id + 1, 0))));
    return records;
}

Result<std::vector<Feed>> Store::feeds() {
    std::vector<Feed> all;
    const auto rows = TRY((database_.rows<Blob, Number>("SELECT origin, class FROM feed ORDER BY origin, class")));
    for (const auto& [origin, kind] : rows) {
        if (kind < 0 || kind >= static_cast<Number>(classes))
            return fail(Code::Corrupt, "a class in the store of feeds is none: " + std::to_string(kind));
        all.push_back({TRY(digest_of_blob(origin)), static_cast<Class>(kind)});
    }
    return all;
}

Result<std::optional<End>> Store::end(const Feed& feed) {
    const auto there = TRY(row(feed));
    if (!there) return std::nullopt;
    return there->end;
}

}  // namespace holdfast::feed
