// Records into a feed, each durable when it is there, and the same payloads into a table of SQLite alone.
#include "base/handle.hpp"
#include "bench/catalog_parts.hpp"
#include "feed/store.hpp"

#include <algorithm>
#include <print>
#include <sqlite3.h>
#include <stdexcept>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t now = 1'790'000'000'000;
// What changes hands turn by turn, so that a disk that is slow for a while is so for both.
constexpr std::size_t turns = 40, appends = 100, batch = 100;

// Made before time begins; one is used again after so many.
const std::vector<std::string>& payloads() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> made(1000);
        for (std::size_t i = 0; i < made.size(); ++i) {
            made[i] = "component:north/part-" + std::to_string(i) + " ";
            while (made[i].size() < 200) made[i] += static_cast<char>('a' + (made[i].size() * 7 + i) % 26);
        }
        return made;
    }();
    return all;
}
const std::string& payload(std::size_t number) {
    return payloads()[number % payloads().size()];
}

// SQLite as one would use it who wants rows to be durable: the journal and the syncs of a feed's store, statements
// parsed once.
class Plain {
public:
    explicit Plain(const fs::path& file) {
        sqlite3* raw = nullptr;
        need(sqlite3_open(file.c_str(), &raw));
        connection_.reset(raw);
        need(sqlite3_exec(raw,
                          "PRAGMA journal_mode=WAL; PRAGMA synchronous=EXTRA;"
                          "CREATE TABLE row(id INTEGER PRIMARY KEY, payload BLOB NOT NULL)",
                          nullptr, nullptr, nullptr));
        begin_ = parsed("BEGIN IMMEDIATE");
        insert_ = parsed("INSERT INTO row(payload) VALUES(?)");
        commit_ = parsed("COMMIT");
    }
    void insert(std::size_t from, std::size_t count) {
        run(begin_);
        for (std::size_t i = from; i < from + count; ++i) {
            const std::string& bytes = payload(i);
            need(sqlite3_bind_blob64(insert_.get(), 1, bytes.data(), bytes.size(), nullptr));
            run(insert_);
        }
        run(commit_);
    }

private:
    using Statement = Handle<sqlite3_stmt, sqlite3_finalize>;
    static void need(int result) {
        if (result != SQLITE_OK && result != SQLITE_DONE) throw std::runtime_error(sqlite3_errstr(result));
    }
    static void run(const Statement& statement) {
        need(sqlite3_step(statement.get()));
        need(sqlite3_reset(statement.get()));
    }
    Statement parsed(const char* sql) {
        sqlite3_stmt* raw = nullptr;
        need(sqlite3_prepare_v2(connection_.get(), sql, -1, &raw, nullptr));
        return Statement(raw);
    }
    Handle<sqlite3, sqlite3_close> connection_;
    Statement begin_, insert_, commit_;
};

Result<> append(feed::Store& feeds, std::size_t from, std::size_t count) {
    std::vector<feed::Draft> drafts;
    for (std::size_t i = from; i < from + count; ++i) drafts.push_back({"entity.set", payload(i)});
    TRY(feeds.append({sha256("bench"), feed::Class::Catalog}, drafts, now));
    return {};
}

struct Times {
    std::vector<double> ours, theirs;  // seconds of each turn
    double ratio() const { return quantile(theirs, 0.5) / quantile(ours, 0.5); }
};

// So many transactions of so many each, turn by turn.
Result<Times> race(feed::Store& feeds, Plain& rows, std::size_t transactions, std::size_t each) {
    Times times;
    Result<> done;
    std::size_t at = 0;
    for (std::size_t turn = 0; turn < turns; ++turn) {
        times.ours.push_back(seconds_of([&] {
            for (std::size_t i = 0; i < transactions && done; ++i) done = append(feeds, at + i * each, each);
        }));
        times.theirs.push_back(seconds_of([&] {
            for (std::size_t i = 0; i < transactions; ++i) rows.insert(at + i * each, each);
        }));
        at += transactions * each;
    }
    TRY(std::move(done));
    return times;
}

void tell(const char* what, const Times& times, std::size_t records) {
    const auto rate = [&](const std::vector<double>& all) { return static_cast<double>(records) / quantile(all, 0.5); };
    std::println("  {:<36} ours {:>9.0f}/s, SQLite alone {:>9.0f}/s: {:.2f}", what, rate(times.ours),
                 rate(times.theirs), times.ratio());
}

}  // namespace

Result<Figures> appending(const fs::path& folder) {
    auto feeds = TRY(feed::Store::open(folder / "append.db"));
    Plain rows(folder / "plain.db");
    // A log that grows costs more than one that is written over: both have gone round theirs before it counts.
    TRY(race(feeds, rows, appends / 5, batch));
    const auto one = TRY(race(feeds, rows, appends, 1)), hundred = TRY(race(feeds, rows, appends / 5, batch));
    tell("one record in a transaction", one, appends);
    tell("a hundred records in a transaction", hundred, appends / 5 * batch);
    return Figures{{"append_over_sqlite", one.ratio()}, {"append_100_over_sqlite", hundred.ratio()}};
}

}  // namespace holdfast::bench
