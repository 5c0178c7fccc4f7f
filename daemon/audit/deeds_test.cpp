#include "audit/deeds.hpp"

#include "base/good.hpp"
#include "base/scratch.hpp"
#include "feed/test_node.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::audit;
using feed::TestNode, test::good;

namespace {

Begun deed(const std::string& verb, const Who& who) {
    return {.who = who,
            .verb = verb,
            .on = "x",
            .why = "",
            .program = "p",
            .version = "1",
            .at = {"boot", 5},
            .earlier = {}};
}

struct Feed {
    Scratch scratch = good(Scratch::make("deeds"));
    TestNode node;
    feed::Store store = good(feed::Store::open(scratch.path() / "feeds.db"));
    void say(const char* type, const std::string& payload, std::int64_t at = 1000) {
        const feed::Draft draft{type, payload};
        good(store.append(node.feed(), {&draft, 1}, at));
    }
    Telling told() { return good(deeds_in(store, node.feed())); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(outcomes_find_their_deeds_whatever_stands_between, Feed) {
    say(type_begun, write(deed("update.apply", who_is(0, {}, "x.service"))));
    say(type_begun, write(deed("catalog.apply", who_is(0, 1000, ""))), 2000);
    say("audit.colour", "something of a later program");
    say(type_ended, write(Ended{1, Outcome::Done, "", "", {}, {}}), 3000);
    good(store.close(node.feed(), node.sign()));
    say(type_ended, write(Ended{0, Outcome::Failed, "busy", "held", {}, {}}), 4000);
    const auto telling = told();
    BOOST_TEST(telling.wrong.empty());
    BOOST_REQUIRE(telling.deeds.size() == 2U);
    BOOST_TEST(telling.deeds[0].ended.value().what == "held");
    BOOST_TEST(telling.deeds[0].ended_at.wall == 4000);
    BOOST_TEST((telling.deeds[1].ended.value().outcome == Outcome::Done));
}

BOOST_FIXTURE_TEST_CASE(what_does_not_fit_is_told_by_its_number, Feed) {
    say(type_begun, write(deed("update.apply", {})));
    say(type_ended, write(Ended{0, Outcome::Done, "", "", {}, {}}));
    say(type_ended, write(Ended{0, Outcome::Failed, "", "", {}, {}}));
    say(type_ended, write(Ended{17, Outcome::Done, "", "", {}, {}}));
    say(type_begun, "no CBOR");
    const auto telling = told();
    BOOST_TEST(telling.deeds.size() == 1U);
    BOOST_TEST((telling.deeds[0].ended.value().outcome == Outcome::Done));
    BOOST_REQUIRE(telling.wrong.size() == 3U);
    BOOST_TEST(telling.wrong[0].contains("record 2: a second outcome of record 0"), telling.wrong[0]);
    BOOST_TEST(telling.wrong[1].contains("record 3: an outcome of record 17, which is no deed"));
    BOOST_TEST(telling.wrong[2].contains("record 4"));
}

BOOST_FIXTURE_TEST_CASE(people_look_for_some_of_them, Feed) {
    say(type_begun, write(deed("update.apply", who_is(0, {}, "x.service"))), 1000);
    say(type_begun, write(deed("update.apply-not", who_is(0, 4'000'000'001, ""))), 2000);
    const auto telling = told();
    const auto& first = telling.deeds[0];
    const auto& second = telling.deeds[1];
    BOOST_TEST((fits(first, {}) && fits(second, {})));
    BOOST_TEST((!fits(first, {1500, "", ""}) && fits(second, {1500, "", ""})));
    BOOST_TEST((fits(first, {0, "x.service", ""}) && !fits(second, {0, "x.service", ""})));
    BOOST_TEST((fits(first, {0, "", "update"}) && fits(second, {0, "", "update"})));
    BOOST_TEST((fits(first, {0, "", "update.apply"}) && !fits(second, {0, "", "update.apply"})));
    BOOST_TEST((!fits(first, {0, "", "catalog"})));
}
