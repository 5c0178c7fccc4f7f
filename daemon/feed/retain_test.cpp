#include "base/in_child.hpp"
#include "base/scratch.hpp"
#include "feed/store.hpp"
#include "feed/test_node.hpp"

#include <random>

using namespace holdfast;
using namespace holdfast::feed;

namespace {

constexpr std::int64_t now = 1'790'000'000'000;

struct Box {
    Scratch scratch = good(Scratch::make("retain"));
    TestNode node;
    std::mt19937 random{7};
    Store store = good(Store::open(scratch.path() / "feeds.db"));

    // So many segments of about 4 KiB each.
    void say(Class kind, unsigned segments) {
        for (unsigned i = 0; i < segments; ++i) {
            std::string noise(4096, ' ');
            for (auto& each : noise) each = static_cast<char>(random());
            const Draft draft{"noise", noise};
            good(store.append(node.feed(kind), {&draft, 1}, now));
            good(store.close(node.feed(kind), node.sign()));
        }
    }
    std::uint64_t count(Class kind) {
        std::uint64_t sum = 0;
        good(store.read(node.feed(kind), 0, [&](const Record&) -> Result<> {
            ++sum;
            return {};
        }));
        return sum;
    }
    std::vector<std::string> segments(Class kind) {
        std::vector<std::string> all;
        good(store.segments(node.feed(kind), 0, [&](std::string_view bytes) -> Result<> {
            all.emplace_back(bytes);
            return {};
        }));
        return all;
    }
    End verify(Class kind) { return good(store.verify(node.feed(kind), node.public_key())); }
    std::vector<Lost> told() {
        std::vector<Lost> all;
        good(store.read(node.feed(Class::Audit), 0, [&](const Record& record) -> Result<> {
            if (record.type == lost_type)
                for (const auto& each : good(parse_lost(record.payload))) all.push_back(each);
            return {};
        }));
        return all;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_fits_stays, Box) {
    say(Class::Telemetry, 4);
    BOOST_TEST(good(store.retain(node.origin(), 1U << 20U, now)).empty());
    BOOST_TEST(count(Class::Telemetry) == 4U);
    BOOST_TEST(told().empty());
}

BOOST_FIXTURE_TEST_CASE(telemetry_is_thinned_before_it_is_dropped_and_all_of_it_is_told, Box) {
    say(Class::Telemetry, 12);
    const auto before = good(store.size());
    const auto thinned = good(store.retain(node.origin(), before - 3 * 4096, now));
    BOOST_TEST(count(Class::Telemetry) == 9U);
    BOOST_TEST((thinned == std::vector<Lost>{{node.feed(Class::Telemetry), 0, 3}}));
    BOOST_TEST((told() == thinned));
    BOOST_TEST((good(store.lost()) == thinned));
    BOOST_TEST(verify(Class::Telemetry).next == 12U);
    // More: the fourth of each four stays as long as that is enough.
    good(store.retain(node.origin(), before - 7 * 4096, now));
    BOOST_TEST(verify(Class::Telemetry).next == 12U);
    BOOST_TEST(count(Class::Telemetry) < 6U);
}

BOOST_FIXTURE_TEST_CASE(the_order_is_telemetry_health_actions_and_audit_and_catalog_stay, Box) {
    for (const auto kind : {Class::Audit, Class::Catalog, Class::Actions, Class::Health, Class::Telemetry})
        say(kind, 4);
    good(store.retain(node.origin(), good(store.size()) - 5 * 4096, now));
    BOOST_TEST(count(Class::Telemetry) == 1U);
    BOOST_TEST(count(Class::Health) < 4U);
    BOOST_TEST(count(Class::Actions) == 4U);
    good(store.retain(node.origin(), 0, now));
    BOOST_TEST(count(Class::Health) == 1U);
    BOOST_TEST(count(Class::Actions) == 1U);
    BOOST_TEST(count(Class::Catalog) == 4U);
    BOOST_TEST(count(Class::Audit) >= 4U);
    for (const auto kind : {Class::Audit, Class::Catalog, Class::Actions, Class::Health, Class::Telemetry})
        verify(kind);
    // Every record that is missing is in one of the runs that were told.
    std::uint64_t missing = 0;
    for (const auto& each : told()) missing += each.next - each.first;
    BOOST_TEST(missing == 3U + 3U + 3U);
}

BOOST_FIXTURE_TEST_CASE(who_hears_of_it_goes_on_behind_the_hole_and_takes_no_second_history_for_it, Box) {
    say(Class::Telemetry, 6);
    const auto all = segments(Class::Telemetry);
    good(store.retain(node.origin(), good(store.size()) - 2 * 4096, now));
    const auto lost = good(store.lost());
    auto other = good(Store::open(scratch.path() / "other.db"));
    const auto key = node.public_key();
    for (const auto& each : segments(Class::Telemetry)) BOOST_TEST((good(other.receive(each, key)) == Taken::Early));
    for (const auto& each : lost) good(other.skip(each));
    const auto end = good(other.verify(node.feed(Class::Telemetry), key));
    BOOST_TEST(end.next == 6U);
    BOOST_TEST((good(other.lost()) == lost));
    // What somebody else has kept of it comes too late, and is no fork.
    for (const auto& each : all) BOOST_TEST((good(other.receive(each, key)) == Taken::Known));
    for (const auto& each : all) BOOST_TEST((good(store.receive(each, key)) == Taken::Known));
    BOOST_TEST(good(other.forks()).empty());
    // Who had all of it loses nothing by such a word.
    auto third = good(Store::open(scratch.path() / "third.db"));
    for (const auto& each : all) good(third.receive(each, key));
    for (const auto& each : lost) good(third.skip(each));
    BOOST_TEST(good(third.lost()).empty());
    BOOST_TEST(good(third.verify(node.feed(Class::Telemetry), key)).next == 6U);
}

BOOST_FIXTURE_TEST_CASE(a_kill_leaves_all_of_it_or_the_record_of_what_went, Box) {
    say(Class::Telemetry, 6);
    const auto bytes = good(store.size()) - 2 * 4096;
    const int ended = dying_at("feed.retained", 1, [&] {
        auto mine = good(Store::open(scratch.path() / "feeds.db"));
        good(mine.retain(node.origin(), bytes, now));
    });
    BOOST_TEST(ended == crashed);
    BOOST_TEST(count(Class::Telemetry) == 6U);
    BOOST_TEST(told().empty());
    good(store.retain(node.origin(), bytes, now));
    BOOST_TEST(count(Class::Telemetry) < 6U);
    BOOST_TEST(!told().empty());
}

BOOST_AUTO_TEST_CASE(stamps_of_a_node_that_is_years_ahead_move_nobody_else) {
    const Scratch scratch = good(Scratch::make("ahead"));
    auto store = good(Store::open(scratch.path() / "feeds.db"));
    const TestNode one, two;
    const Draft draft{"t", "p"};
    const auto ahead = good(store.append(one.feed(), {&draft, 1}, now + 10'000'000'000'000));
    BOOST_TEST(ahead.at.wall == now + 10'000'000'000'000);
    BOOST_TEST(good(store.append(two.feed(), {&draft, 1}, now)).at.wall == now);
    // Within a day it is a clock that differs, and what was seen comes later.
    good(store.append(one.feed(Class::Catalog), {&draft, 1}, now + 3'600'000));
    BOOST_TEST((good(store.append(two.feed(), {&draft, 1}, now)).at > Stamp{now + 3'600'000, 0}));
}
