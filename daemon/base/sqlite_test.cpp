#include "base/sqlite.hpp"

#include "base/good.hpp"
#include "base/handle.hpp"
#include "base/in_child.hpp"
#include "base/scratch.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fcntl.h>
#include <sys/mount.h>
#include <thread>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::sqlite;
using std::chrono::milliseconds;
using test::bad, test::good;

namespace {

constexpr std::array migrations{
    "CREATE TABLE box(id INTEGER PRIMARY KEY, name TEXT NOT NULL, weight REAL, site TEXT);"
    "CREATE TABLE part(box INTEGER NOT NULL REFERENCES box(id), what TEXT NOT NULL)",
    "ALTER TABLE box ADD COLUMN owner TEXT NOT NULL DEFAULT 'nobody'",
    "CREATE INDEX box_by_name ON box(name)",
};

struct World {
    Scratch scratch = good(Scratch::make("sqlite"));
    std::filesystem::path file = scratch.path() / "boxes.db";

    Result<Database> open(const Options& options = {}) const { return Database::open(file, migrations, options); }
    Database opened() const { return good(open()); }
    std::int64_t count() const { return good(opened().first<std::int64_t>("SELECT count(*) FROM box")).value(); }
    static Result<> add(Database& database, std::string_view name) {
        TRY(database.run("INSERT INTO box(name) VALUES(?)", name));
        return {};
    }
};

struct Mount {
    Mount(const std::filesystem::path& folder, const char* options) : folder_(folder) {
        std::filesystem::create_directory(folder_);
        BOOST_REQUIRE_EQUAL(::mount("none", folder_.c_str(), "tmpfs", 0, options), 0);
    }
    Mount(const Mount&) = delete;
    Mount& operator=(const Mount&) = delete;
    ~Mount() { ::umount2(folder_.c_str(), MNT_DETACH); }

private:
    std::filesystem::path folder_;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(values_come_back_with_their_types, World) {
    auto database = opened();
    const std::optional<std::string> nowhere;
    const std::string zeros("a\0b", 3);
    BOOST_TEST(
        good(database.run("INSERT INTO box(id, name, weight, site) VALUES(?, ?, ?, ?)", 7, zeros, 1.5, nowhere)) == 1);
    good(database.run("INSERT INTO box(id, name, weight, site) VALUES(?, ?, ?, ?)", std::int64_t{1} << 62, "",
                      std::nullopt, std::optional<std::string>("hall 2")));
    using Weight = std::optional<double>;
    using Site = std::optional<std::string>;
    const auto rows = good(
        database.rows<std::int64_t, std::string, Weight, Site>("SELECT id, name, weight, site FROM box ORDER BY id"));
    BOOST_REQUIRE_EQUAL(rows.size(), 2U);
    BOOST_TEST((rows[0] == std::tuple(7, zeros, Weight(1.5), Site())));
    BOOST_TEST((rows[1] == std::tuple(std::int64_t{1} << 62, std::string(), Weight(), Site("hall 2"))));
    BOOST_TEST(
        (good(database.rows<std::int64_t>("SELECT id FROM box WHERE id < ?", 100)) == std::vector<std::int64_t>{7}));
    BOOST_TEST(!good(database.first<std::int64_t>("SELECT id FROM box WHERE name = ?", "none")).has_value());
    BOOST_TEST(good(database.run("UPDATE box SET owner = 'us'")) == 2);
}

BOOST_FIXTURE_TEST_CASE(bytes_are_no_text, World) {
    auto database = opened();
    const Blob bytes{std::string("\0\xff'", 3)}, none;
    for (const auto& each : {bytes, none}) {
        good(database.run("INSERT OR REPLACE INTO box(id, name, site) VALUES(1, 'a', ?)", each));
        BOOST_TEST((good(database.first<Blob>("SELECT site FROM box")).value() == each));
    }
    BOOST_TEST((bad(database.first<Blob>("SELECT name FROM box")).code == Code::Corrupt));
    BOOST_TEST((bad(database.first<std::string>("SELECT site FROM box")).code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_query_ends_with_the_error_of_its_user, World) {
    auto database = opened();
    for (const auto* name : {"a", "b", "c"}) good(add(database, name));
    std::string seen;
    good(database.query<std::string>("SELECT name FROM box", [&](const std::string& name) { seen += name; }));
    BOOST_TEST(seen == "abc");
    const auto stopped = database.query<std::string>("SELECT name FROM box", [](const std::string& name) -> Result<> {
        if (name == "b") return fail(Code::Denied, "not b");
        return {};
    });
    BOOST_TEST(bad(stopped).what == "not b");
}

BOOST_FIXTURE_TEST_CASE(a_column_of_another_type_is_not_converted, World) {
    auto database = opened();
    good(add(database, "a"));
    const auto null = bad(database.first<double>("SELECT weight FROM box"));
    BOOST_TEST((null.code == Code::Corrupt));
    BOOST_TEST(null.what.contains("column 'weight' does not hold a number"));
    BOOST_TEST((bad(database.first<std::int64_t>("SELECT name FROM box")).code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(wrong_statements_are_bugs, World) {
    auto database = opened();
    BOOST_TEST((bad(database.run("INSERT INTO none VALUES(1)")).code == Code::Bug));
    BOOST_TEST((bad(database.run("INSERT INTO box(name) VALUES(?)")).code == Code::Bug));
    BOOST_TEST((bad(database.run("DELETE FROM part; DELETE FROM box")).code == Code::Bug));
    BOOST_TEST((bad(database.run("")).code == Code::Bug));
    BOOST_TEST((bad(database.first<std::int64_t>("SELECT id, name FROM box")).code == Code::Bug));
    BOOST_TEST(
        (bad(database.run("INSERT INTO part(box, what) VALUES(99, 'lid')")).code == Code::Bug));  // a foreign key
    BOOST_TEST((bad(database.run("INSERT INTO box(name) VALUES(?)", std::nullopt)).code == Code::Bug));
}

BOOST_FIXTURE_TEST_CASE(a_transaction_is_whole_or_nothing, World) {
    auto database = opened();
    {
        const auto left = good(database.begin());
        good(add(database, "a"));
    }
    BOOST_TEST(count() == 0);
    auto kept = good(database.begin());
    good(add(database, "a"));
    BOOST_TEST((bad(database.begin()).code == Code::Bug));
    good(kept.commit());
    BOOST_TEST(count() == 1);
}

BOOST_FIXTURE_TEST_CASE(commits_are_synced_with_their_folder, World) {
    auto database = opened();
    BOOST_TEST(good(database.first<std::string>("PRAGMA journal_mode")).value() == "delete");
    BOOST_TEST(good(database.first<std::int64_t>("PRAGMA synchronous")).value() == 3);
    good(add(database, "a"));
    BOOST_TEST(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
}

BOOST_FIXTURE_TEST_CASE(a_newer_program_adds_to_what_an_older_one_left, World) {
    {
        auto old = good(Database::open(file, std::span(migrations).first(1)));
        good(add(old, "a"));
    }
    auto database = opened();
    BOOST_TEST(good(database.first<std::string>("SELECT owner FROM box")).value() == "nobody");
    BOOST_TEST(good(database.first<std::int64_t>("PRAGMA user_version")).value() == 3);
}

BOOST_FIXTURE_TEST_CASE(an_older_program_works_on_what_a_newer_one_left, World) {
    auto newer = opened();
    good(add(newer, "a"));
    auto older = good(Database::open(file, std::span(migrations).first(1)));
    good(add(older, "b"));
    BOOST_TEST(good(older.first<std::int64_t>("SELECT count(*) FROM box")).value() == 2);
    BOOST_TEST(good(older.first<std::int64_t>("PRAGMA user_version")).value() == 3);
    BOOST_TEST(good(newer.first<std::string>("SELECT owner FROM box WHERE name = 'b'")).value() == "nobody");
}

BOOST_FIXTURE_TEST_CASE(a_migration_that_fails_leaves_what_was, World) {
    opened();
    std::vector<const char*> more(migrations.begin(), migrations.end());
    more.push_back("CREATE TABLE half(id INTEGER); CREATE TABLE box(id INTEGER)");
    const auto error = bad(Database::open(file, more));
    BOOST_TEST((error.code == Code::Bug));
    BOOST_TEST(error.what.contains("migration 4"));
    BOOST_TEST((bad(opened().run("SELECT * FROM half")).code == Code::Bug));
}

BOOST_FIXTURE_TEST_CASE(a_cut_at_each_migration_is_made_good, World) {
    for (const auto* point : {"sqlite.migrated", "sqlite.committed"})
        for (unsigned times = 1; times <= migrations.size(); ++times) {
            std::filesystem::remove(file);
            BOOST_TEST(dying_at(point, times, [&] { static_cast<void>(open()); }) == crashed);
            auto database = opened();
            good(database.check());
            good(add(database, "a"));
        }
}

BOOST_FIXTURE_TEST_CASE(a_cut_between_two_statements_undoes_the_first, World) {
    good(opened().check());
    // Enough that SQLite writes into the file itself before the commit, and has to put the old pages back.
    const std::string much(1000, 'x');
    const int exit = in_child([&] {
        auto database = opened();
        auto transaction = good(database.begin());
        for (int i = 0; i < 10'000; ++i) good(add(database, much));
        ::_exit(crashed);
        return 0;
    });
    BOOST_TEST(exit == crashed);
    BOOST_TEST(std::filesystem::file_size(file) > mebibyte);
    BOOST_TEST(std::filesystem::exists(file.string() + "-journal"));
    BOOST_TEST(count() == 0);
    good(opened().check());
}

// A child writes pairs and tells each one that is committed, until it is killed wherever it just is.
BOOST_FIXTURE_TEST_CASE(what_was_committed_outlives_a_kill, World) {
    for (int round = 0; round < 10; ++round) {
        const std::int64_t before = count();
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        const Fd reader(ends[0]);
        Fd writer(ends[1]);
        const pid_t child = ::fork();
        if (child == 0) {
            auto database = opened();
            while (true) {
                auto pair = good(database.begin());
                good(add(database, "a"));
                good(add(database, "b"));
                good(pair.commit());
                if (::write(writer.number(), "", 1) != 1) ::_exit(1);
            }
        }
        writer.close();
        std::int64_t told = 0;
        char byte = 0;
        while (told < 5 + round && ::read(reader.number(), &byte, 1) == 1) ++told;
        ::kill(child, SIGKILL);
        while (::read(reader.number(), &byte, 1) == 1) ++told;
        ::waitpid(child, nullptr, 0);
        good(opened().check());
        BOOST_TEST(count() % 2 == 0);
        BOOST_TEST(count() >= before + 2 * told);
    }
}

BOOST_FIXTURE_TEST_CASE(a_full_disk_keeps_what_was_there, World) {
    const Mount small(scratch.path() / "small", "size=1m");
    file = scratch.path() / "small/boxes.db";
    auto database = opened();
    good(add(database, "first"));
    const std::string much(10'000, 'x');
    Result<> full;
    std::int64_t added = 0;
    while ((full = add(database, much)).has_value()) ++added;
    BOOST_TEST((bad(full).code == Code::NoSpace));
    BOOST_TEST(full.error().what.contains("make room"));
    good(database.check());
    BOOST_TEST(good(database.first<std::int64_t>("SELECT count(*) FROM box")).value() == added + 1);
    // Even where not one byte is left it can be opened and read, and what is refused leaves nothing.
    (void)write_whole(scratch.path() / "small/ballast", std::string(mebibyte, 'x'));
    const Fd ballast(
        ::open((scratch.path() / "small/ballast").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    while (::write(ballast.number(), much.data(), 1) == 1) continue;
    BOOST_TEST(count() == added + 1);
    BOOST_TEST((bad(add(database, "last")).code == Code::NoSpace));
    std::filesystem::remove(scratch.path() / "small/ballast");
    good(database.check());
}

BOOST_FIXTURE_TEST_CASE(a_transaction_on_a_full_disk_is_undone_whole, World) {
    const Mount small(scratch.path() / "small", "size=1m");
    file = scratch.path() / "small/boxes.db";
    auto database = opened();
    {
        auto transaction = good(database.begin());
        const std::string much(100'000, 'x');
        Result<> full;
        while (full) full = add(database, much);
        BOOST_TEST((bad(full).code == Code::NoSpace));
    }
    BOOST_TEST(count() == 0);
    good(add(database, "and goes on"));
}

BOOST_FIXTURE_TEST_CASE(a_disk_that_takes_no_more_files_is_full, World) {
    const Mount small(scratch.path() / "small", "nr_inodes=2");  // its own folder, and the database without a journal
    file = scratch.path() / "small/boxes.db";
    BOOST_TEST((bad(open()).code == Code::NoSpace));
}

BOOST_FIXTURE_TEST_CASE(the_file_grows_no_larger_than_its_limit, World) {
    auto database = good(open({.limit = 256UL * 1024}));
    const std::string much(10'000, 'x');
    Result<> full;
    while (full) full = add(database, much);
    BOOST_TEST((bad(full).code == Code::NoSpace));
    BOOST_TEST(std::filesystem::file_size(file) <= 256UL * 1024);
    // One that is larger already can be read and made smaller.
    auto smaller = good(open({.limit = 64UL * 1024}));
    BOOST_TEST(good(smaller.run("DELETE FROM box")) > 0);
}

BOOST_FIXTURE_TEST_CASE(a_writer_waits_for_another_and_then_gives_up, World) {
    auto one = opened();
    auto hurried = good(open({.wait = milliseconds(20)}));
    auto patient = good(open({.wait = milliseconds(60'000)}));
    auto transaction = good(one.begin());
    good(add(one, "a"));
    const auto busy = bad(add(hurried, "b"));
    BOOST_TEST((busy.code == Code::Busy));
    BOOST_TEST(busy.what.contains("try again"));
    BOOST_TEST((bad(hurried.begin()).code == Code::Busy));
    BOOST_TEST(good(hurried.first<std::int64_t>("SELECT count(*) FROM box")).value() == 0);
    Result<> waited;
    std::jthread waiter([&] { waited = add(patient, "c"); });
    good(transaction.commit());
    waiter.join();
    good(waited);
    BOOST_TEST(count() == 2);
}

BOOST_FIXTURE_TEST_CASE(a_commit_that_a_reader_held_up_can_be_said_again, World) {
    auto reader = opened();
    good(add(reader, "a"));
    auto writer = good(open({.wait = milliseconds(20)}));
    auto transaction = good(writer.begin());
    good(add(writer, "b"));
    good(reader.query<std::string>("SELECT name FROM box", [&](const std::string&) {
        BOOST_TEST((bad(transaction.commit()).code == Code::Busy));
    }));
    good(transaction.commit());
    BOOST_TEST(count() == 2);
}

BOOST_FIXTURE_TEST_CASE(programs_that_start_at_once_share_the_migrations, World) {
    std::vector<std::jthread> all;
    std::array<Result<>, 8> done;
    for (auto& each : done)
        all.emplace_back([&] { each = open().and_then([](Database database) { return add(database, "a"); }); });
    all.clear();
    for (const auto& each : done) good(each);
    BOOST_TEST(count() == 8);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_database_is_told_and_left_alone, World) {
    const std::string letter = "Dear all, " + std::string(2000, '.');
    good(write_whole(file, letter));
    const auto error = bad(open());
    BOOST_TEST((error.code == Code::Corrupt));
    BOOST_TEST(error.what.contains(file.string() + ": cannot open: file is not a database; move it away"), error.what);
    BOOST_TEST(good(read_whole(file)) == letter);
}

BOOST_FIXTURE_TEST_CASE(a_damaged_file_is_corrupt, World) {
    {
        auto database = opened();
        for (int i = 0; i < 100; ++i) good(add(database, std::string(1000, 'x')));
    }
    const std::string whole = good(read_whole(file));
    good(write_whole(file, whole.substr(0, whole.size() / 2)));
    BOOST_TEST((bad(open()).code == Code::Corrupt));
    std::string holed = whole;
    holed.replace(8UL * 4096, 4096, std::string(4096, '\x55'));
    good(write_whole(file, holed));
    const auto error = bad(opened().check());
    BOOST_TEST((error.code == Code::Corrupt));
    BOOST_TEST(error.what.contains(file.string()));
    std::string negative = whole;
    negative[60] = '\xff';  // user_version
    good(write_whole(file, negative));
    BOOST_TEST((bad(open()).code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(an_empty_file_is_a_new_database, World) {
    good(write_whole(file, ""));
    BOOST_TEST(count() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_is_not_there_is_not_made, World) {
    const auto error = bad(Database::open(scratch.path() / "none/boxes.db", migrations));
    BOOST_TEST((error.code == Code::NotFound));
    BOOST_TEST(error.what.contains("No such file or directory"), error.what);
}

BOOST_FIXTURE_TEST_CASE(a_read_only_disk_can_be_read, World) {
    const Mount disk(scratch.path() / "disk", "size=1m");
    file = scratch.path() / "disk/boxes.db";
    {
        auto database = opened();
        good(add(database, "a"));
    }
    BOOST_REQUIRE_EQUAL(::mount("none", (scratch.path() / "disk").c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr),
                        0);
    auto database = opened();
    BOOST_TEST(good(database.first<std::int64_t>("SELECT count(*) FROM box")).value() == 1);
    BOOST_TEST((bad(add(database, "b")).code == Code::Denied));
    const auto fresh = bad(Database::open(scratch.path() / "disk/new.db", migrations));
    BOOST_TEST((fresh.code == Code::Denied));
    BOOST_TEST(fresh.what.contains("Read-only file system"), fresh.what);
}
