// A box that is killed wherever something becomes durable, from a word that is written down to the other box that hears
// it: the same commands go on from there, nothing that was acknowledged is lost, and nothing is said twice.
#include "base/in_child.hpp"
#include "sync/ask.hpp"
#include "sync/test_box.hpp"

#include <set>

using namespace holdfast;
using namespace holdfast::sync;
using namespace holdfast::sync::test;

namespace {

const Trust& trust() {
    static const Trust one;
    return one;
}

struct Pair {
    Scratch scratch = good(Scratch::make("crash"));
    TestNode first, second;
    fs::path stick = Box::made(scratch.path() / "stick");

    Box one() const { return Box(trust(), scratch.path() / "one", "north", "one", first); }
    Box two() const { return Box(trust(), scratch.path() / "two", "north", "two", second); }
    // All that people do, from the beginning; what was done is not done again.
    void go_through() const {
        auto from = one();
        for (const auto* name : {"pump", "well"}) from.apply(name, "moves water");
        for (const auto& each : from.write()) fs::rename(each, stick / each.filename());
        auto to = two();
        for (const auto& each : fs::directory_iterator(stick)) to.take(each.path());
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_kill_at_any_durable_step_costs_nothing) {
    std::set<std::string> reached;
    for (const auto* point : {"feed.appended", "feed.durable", "feed.signed", "feed.closing", "feed.closed",
                              "feed.received", "feed.kept", "catalog.taken"})
        for (unsigned times = 1; times < 8; ++times) {
            const Pair pair;
            const int ended = dying_at(point, times, [&] { pair.go_through(); });
            if (ended == crashed) reached.insert(point);
            BOOST_TEST((ended == crashed || ended == 0), point << " " << times);
            // Whatever was there before the second try was acknowledged, or can be said again.
            pair.go_through();
            auto one = pair.one(), two = pair.two();
            const feed::Feed said = pair.first.feed(feed::Class::Catalog);
            const auto end = good(one.feeds.verify(said, pair.first.public_key()));
            BOOST_TEST(end.next == 2U, point << " " << times);
            BOOST_TEST(good(two.feeds.verify(said, pair.first.public_key())).next == 2U);
            BOOST_TEST(good(two.feeds.forks()).empty());
            BOOST_TEST(one.dump() == two.dump());
            BOOST_TEST(good(one.catalog.names()).size() == 2U);
            if (ended == 0) break;
        }
    BOOST_TEST(reached.size() == 8U);
}

BOOST_AUTO_TEST_CASE(a_kill_at_any_step_of_a_snapshot_costs_nothing) {
    const Scratch scratch = good(Scratch::make("crash"));
    const TestNode first, authority;
    const auto hub = [&] {
        return Box(trust(), scratch.path() / "hub", std::string(identity::authority_site), "hub", authority);
    };
    {
        Box one(trust(), scratch.path() / "one", "north", "one", first);
        for (int i = 0; i < 600; ++i) one.apply("pump", std::to_string(i));
        auto to = hub();
        good(to.catalog.allow(authority.origin(), "*"));
        for (const auto& each : one.write()) to.take(each);
    }
    std::set<std::string> reached;
    for (const auto* point : {"feed.piece", "feed.pieced", "catalog.adopting", "catalog.adopted"}) {
        const TestNode second;
        const auto place = scratch.path() / point;
        const auto once = [&] {
            auto from = hub();
            Box to(trust(), place, "north", "two", second);
            auto mine = to.replica();
            const Carry carry = [&from](std::string_view message) -> Result<Carried> {
                auto theirs = from.replica();
                return TRY(answer(theirs, from.own(), message, UINT64_MAX)).carried;
            };
            for (bool more = true; more;)
                more =
                    good(ask(mine, to.own(), {.address = "https://hub", .limit = 1'000'000, .sites = {"north"}}, carry))
                        .more;
        };
        const int ended = dying_at(point, 1, once);
        if (ended == crashed) reached.insert(point);
        once();
        auto from = hub();
        Box to(trust(), place, "north", "two", second);
        good(to.catalog.catch_up(to.feeds));
        BOOST_TEST(good(to.feeds.to_adopt()).size() == 1U, point);
        BOOST_TEST(to.dump() == from.dump(), point);
        BOOST_TEST(to.dump().contains("\"599\""), point);
        BOOST_TEST(good(to.feeds.verify(first.feed(feed::Class::Catalog), first.public_key())).next == 600U, point);
    }
    BOOST_TEST(reached.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_database_that_was_cut_is_refused_by_name_and_a_catalog_is_made_anew) {
    const Pair pair;
    pair.go_through();
    const std::string before = pair.one().dump();
    const auto file = [&](const char* name) { return pair.scratch.path() / "one" / name; };
    fs::resize_file(file("catalog.db"), 5000);
    BOOST_TEST(bad(catalog::Store::open(file("catalog.db"))).what.contains("catalog.db"));
    for (const auto* each : {"catalog.db", "catalog.db-wal", "catalog.db-shm"}) fs::remove(file(each));
    {
        auto again = pair.one();
        good(again.catalog.catch_up(again.feeds));
        BOOST_TEST(again.dump() == before);
    }
    fs::resize_file(file("feeds.db"), 5000);
    fs::remove(file("feeds.db-wal"));
    auto store = feed::Store::open(file("feeds.db"));
    const auto feeds = store ? store->feeds() : std::unexpected(store.error());
    BOOST_TEST(bad(feeds).what.contains("feeds.db"));
}
