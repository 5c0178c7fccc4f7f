#include "sync/offer.hpp"

#include "catalog/snapshot.hpp"
#include "sync/ask.hpp"
#include "sync/message.hpp"
#include "sync/test_box.hpp"

#include <random>

using namespace holdfast;
using namespace holdfast::sync;
using namespace holdfast::sync::test;

namespace {

constexpr int parts = 20;

std::string part(int number) {
    return "part-" + std::to_string(number % parts);
}

struct Year {
    Scratch scratch = good(Scratch::make("offer"));
    Trust trust;
    Box hub{trust, scratch.path() / "hub", std::string(identity::authority_site), "hub"},
        a{trust, scratch.path() / "a", "north", "one"}, b{trust, scratch.path() / "b", "north", "two"},
        c{trust, scratch.path() / "c", "north", "three"};
    std::mt19937 random{7};
    std::uint64_t carried = 0;
    std::int64_t time = now;

    Year() { good(hub.catalog.allow(hub.node.origin(), "*")); }
    // Many changes of few things.
    void live(Box& box, int changes) {
        for (int i = 0; i < changes; ++i)
            box.apply(part(static_cast<int>(random())), "as it is " + std::to_string(random()), ++time);
    }
    void remove(Box& box, const std::string& name) {
        good(catalog::Author{box.catalog, box.feeds, box.node.origin(), box.site_, ++time * 1000}.remove(
            "component:north/" + name));
    }
    void hub_says(const std::string& name, const std::string& description) {
        good(catalog::Author{hub.catalog, hub.feeds, hub.node.origin(), "north", ++time * 1000}.apply(
            {{"apiVersion", "backstage.io/v1alpha1"},
             {"kind", "Component"},
             {"metadata", {{"name", name}, {"description", description}}},
             {"spec", {{"type", "service"}, {"lifecycle", "production"}, {"owner", "team"}}}}));
    }
    Heard once(Box& box, std::uint64_t limit) {
        const Carry carry = [this](std::string_view message) -> Result<Carried> {
            auto mine = hub.replica();
            return TRY(answer(mine, hub.own(time), message, UINT64_MAX)).carried;
        };
        auto mine = box.replica();
        return good(ask(mine, box.own(time), {.address = "https://hub", .limit = limit, .sites = {"north"}}, carry));
    }
    unsigned all(Box& box, std::uint64_t limit = 1'000'000) {
        carried = 0;
        for (unsigned rounds = 1;; ++rounds) {
            const auto heard = once(box, limit);
            BOOST_TEST(heard.taken.refused.empty());
            carried += heard.back;
            if (!heard.more) return rounds;
        }
    }
    static std::size_t snapshots(Box& box) { return good(box.feeds.to_adopt()).size(); }
    static std::uint64_t verified(Box& box, const Box& whose) {
        const auto key = good(public_key_of(*good(box.nodes.find(whose.node.origin()))));
        return good(box.feeds.verify({whose.node.origin(), feed::Class::Catalog}, key)).closed;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_new_box_gets_what_a_year_comes_to_and_then_what_follows, Year) {
    live(a, 2000);
    remove(a, part(3));
    hub_says(part(4), "as the authority has it");
    remove(a, part(5));
    all(a);
    all(b);
    BOOST_TEST(snapshots(b) == 1U);
    BOOST_TEST(b.dump() == hub.dump());
    BOOST_TEST(verified(b, a) == 2002U);
    const auto by_snapshot = carried;
    // All of it, as it would be without: by a stick for several.
    for (const auto& file : hub.write()) c.take(file);
    BOOST_TEST(snapshots(c) == 0U);
    BOOST_TEST(c.dump() == b.dump());
    BOOST_TEST(by_snapshot < fs::file_size(hub.write()[0]) / 3);
    live(a, 3);
    all(a);
    all(b);
    BOOST_TEST(snapshots(b) == 1U);
    BOOST_TEST(b.dump() == hub.dump());
    BOOST_TEST(verified(b, a) == 2005U);
}

BOOST_FIXTURE_TEST_CASE(who_was_away_for_a_year_loses_nothing_of_its_own, Year) {
    live(a, 20);
    all(a);
    all(b);
    live(b, 40);
    b.apply("of-b-alone", "made while away", ++time);
    remove(b, part(7));
    live(a, 2000);
    all(a);
    const auto theirs = a.dump();
    all(b);
    BOOST_TEST(snapshots(b) == 1U);
    all(a);
    all(b);
    BOOST_TEST(a.dump() != theirs);
    BOOST_TEST(a.dump().contains("made while away"));
    BOOST_TEST(b.dump() == hub.dump());
    BOOST_TEST(a.dump() == hub.dump());
    const auto told = [](Box& box) {
        std::vector<std::string> all;
        for (const auto& each : good(box.catalog.disagreements())) all.push_back(each.entity + each.path);
        return all;
    };
    BOOST_TEST(told(b) == told(hub), boost::test_tools::per_element());
    BOOST_TEST(!told(b).empty());
}

// Whatever was done in whatever order: a snapshot and what follows come to what all records come to.
BOOST_AUTO_TEST_CASE(any_history_comes_to_the_same_by_a_snapshot) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        Year year;
        year.random.seed(seed);
        Box late(year.trust, year.scratch.path() / "late", "north", "late");
        const auto some = [&](Box& box) {
            const std::string name = part(static_cast<int>(year.random()));
            const bool is_there = good(box.catalog.get("component:north/" + name)).has_value();
            if (year.random() % 5 == 0 && is_there)
                year.remove(box, name);
            else if (year.random() % 9 == 0)
                year.hub_says(name, "by the authority " + std::to_string(year.random()));
            else
                box.apply(name, std::to_string(year.random()), year.time += year.random() % 3);
        };
        const auto live = [&](int length, std::initializer_list<Box*> boxes) {
            for (int i = 0; i < length; ++i)
                for (auto* box : boxes) {
                    some(*box);
                    if (year.random() % 40 == 0) year.all(*box);
                }
        };
        live(30, {&late});
        if (seed % 2 == 0) year.all(late);
        live(20, {&late});
        live(500, {&year.a, &year.b});
        for (auto* each : {&year.a, &year.b, &late}) year.all(*each);
        BOOST_TEST(Year::snapshots(late) == 1U, seed);
        live(10, {&year.a, &late});
        for (int round = 0; round < 2; ++round)
            for (auto* each : {&year.a, &year.b, &late}) year.all(*each);
        for (const auto& file : year.hub.write()) year.c.take(file);
        BOOST_TEST(Year::snapshots(year.c) == 0U, seed);
        for (auto* each : {&year.a, &year.b, &late, &year.hub}) BOOST_TEST(each->dump() == year.c.dump(), seed);
        BOOST_TEST(good(late.catalog.disagreements()).size() == good(year.c.catalog.disagreements()).size(), seed);
    }
}

BOOST_FIXTURE_TEST_CASE(a_catalog_that_was_lost_is_made_anew_with_the_snapshot, Year) {
    live(a, 2000);
    all(a);
    all(b);
    live(a, 5);
    all(a);
    all(b);
    const auto before = b.dump();
    for (const auto* each : {"catalog.db", "catalog.db-wal", "catalog.db-shm"}) fs::remove(b.folder / each);
    b.catalog = good(catalog::Store::open(b.folder / "catalog.db"));
    auto mine = b.replica();
    good(allow_all(mine));
    good(b.catalog.catch_up(b.feeds));
    BOOST_TEST(b.dump() == before);
}

BOOST_FIXTURE_TEST_CASE(pieces_come_as_the_line_can_and_go_on_where_they_ended, Year) {
    std::string noise(100'000, ' ');
    for (int i = 0; i < parts; ++i) {
        for (auto& each : noise) each = static_cast<char>('a' + random() % 26);
        a.apply(part(i), noise, ++time);
    }
    for (int i = 0; i < 400; ++i) a.apply("counter", std::to_string(i), ++time);
    all(a, 8'000'000);
    const auto first = once(b, 400'000);
    BOOST_TEST(first.taken.pieces >= 1U);
    BOOST_TEST(first.more);
    BOOST_TEST(snapshots(b) == 0U);
    BOOST_TEST(good(b.catalog.names()).empty());
    BOOST_TEST(all(b, 400'000) >= 2U);
    BOOST_TEST(snapshots(b) == 1U);
    BOOST_TEST(b.dump() == hub.dump());
}

BOOST_FIXTURE_TEST_CASE(whoever_came_by_a_snapshot_hands_it_on, Year) {
    live(a, 2000);
    all(a);
    all(b);
    for (const auto& file : b.write()) BOOST_TEST(c.take(file).refused.empty());
    BOOST_TEST(snapshots(c) == 1U);
    BOOST_TEST(c.dump() == hub.dump());
    // By a stick for one reader the authority spares it records, too.
    Box d(trust, scratch.path() / "d", "north", "four");
    for (const auto& file : hub.write({Vector()})) BOOST_TEST(d.take(file).refused.empty());
    BOOST_TEST(snapshots(d) == 1U);
    BOOST_TEST(d.dump() == hub.dump());
}

BOOST_FIXTURE_TEST_CASE(a_box_s_word_for_others_and_what_was_changed_are_refused, Year) {
    live(a, 2000);
    all(a);
    all(b);
    auto portrait = good(a.catalog.portray(a.feeds, "north"));
    BOOST_REQUIRE(portrait.has_value());
    portrait->head.signer = b.node.origin();
    const auto mine = good(feed::write_snapshot(portrait->head, b.node.sign()));
    good(b.feeds.keep_own(mine, portrait->pieces));
    const auto kept = good(b.feeds.snapshots()).back();
    auto replica = b.replica();
    const auto own = b.own(time);
    const auto sent =
        good(write_message(replica, own, {b.node.origin(), time, 1}, {}, {}, UINT64_MAX, {}, {{kept, 0}}));
    auto of_c = c.replica();
    const auto taking = good(take_message(of_c, c.own(time), sent.bytes, "it"));
    BOOST_REQUIRE(!taking.done.refused.empty());
    BOOST_TEST(taking.done.refused[0].contains("which is no authority"));
    BOOST_TEST(snapshots(c) == 0U);
    // Another piece than the one that was signed; and an older one behind a newer one.
    const auto of_hub = good(hub.feeds.snapshots()).back();
    BOOST_TEST(good(c.feeds.begin_snapshot(of_hub.snapshot, c.node.origin())));
    BOOST_TEST(
        bad(c.feeds.add_piece(of_hub.snapshot.number, 0, "something else")).what.contains("not what was signed"));
    BOOST_TEST(good(c.feeds.add_piece(of_hub.snapshot.number, 0, good(hub.feeds.piece(of_hub, 0)))));
    auto older = of_hub.snapshot.head;
    older.feeds[0].next -= 1;
    older.made -= 1;
    BOOST_TEST(!good(c.feeds.begin_snapshot(good(feed::write_snapshot(older, hub.node.sign())), c.node.origin())));
    // Who is said to have said more than it knows of itself has an old disk.
    auto newer = of_hub.snapshot.head;
    newer.feeds[0].next += 100;
    const auto wrong = good(feed::write_snapshot(newer, hub.node.sign()));
    BOOST_TEST(bad(a.feeds.begin_snapshot(wrong, a.node.origin())).what.contains("older copy"));
    // An authority's own, which no catalog could take in.
    Box d(trust, scratch.path() / "d", "north", "four");
    portrait->head.signer = hub.node.origin();
    portrait->head.pieces = {sha256("no piece")};
    good(hub.feeds.keep_own(good(feed::write_snapshot(portrait->head, hub.node.sign())), {{"no piece"}}));
    auto of_hub_itself = hub.replica();
    const auto from_hub = hub.own(time);
    const auto broken = good(write_message(of_hub_itself, from_hub, {hub.node.origin(), time, 1}, {}, {}, UINT64_MAX,
                                           {}, {{good(hub.feeds.snapshots()).back(), 0}}));
    auto of_d = d.replica();
    const auto refused = good(take_message(of_d, d.own(time), broken.bytes, "it")).done.refused;
    BOOST_REQUIRE(refused.size() == 1U);
    BOOST_TEST(refused[0].contains("no frame of zstd"), refused[0]);
    BOOST_TEST(snapshots(d) == 0U);
    good(d.catalog.catch_up(d.feeds));
}
