#include "audit/log.hpp"

#include "audit/deeds.hpp"
#include "base/good.hpp"
#include "base/in_child.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

using namespace holdfast;
using namespace holdfast::audit;
using test::bad, test::good;

namespace {

const Digest self_number = sha256("this box");

Begun deed(const std::string& on) {
    return {.who = {.unit = true, .name = "x.service", .uid = 0, .login = {}, .scope = "x.service", .by_bus = false},
            .verb = "catalog.apply",
            .on = on,
            .why = "",
            .program = "test",
            .version = "1",
            .at = now(),
            .earlier = {}};
}

struct Box {
    Scratch scratch = good(Scratch::make("log"));
    Log log(bool admitted) const {
        return good(Log::open(scratch.path(), admitted ? std::optional(self_number) : std::nullopt));
    }
    // Two deeds, of which one has ended.
    void newcomer() const {
        auto here = log(false);
        const auto first = good(here.begin(deed("one")));
        good(here.end({first, Outcome::Done, "", "", now(), {}}));
        good(here.begin(deed("two")));
    }
    Telling told() const {
        auto here = log(true);
        return good(deeds_in(here.feeds(), here.feed()));
    }
    // Whatever happened: each is there once, in its order, with its own outcome.
    void check_all(std::size_t count) const {
        const auto telling = told();
        BOOST_TEST(telling.wrong.empty());
        BOOST_REQUIRE(telling.deeds.size() == count);
        const auto& [one, two] = std::pair(telling.deeds[0], telling.deeds[1]);
        BOOST_TEST(one.begun.on == "one");
        BOOST_TEST(one.begun.earlier.value().sequence == 0U);
        BOOST_TEST((one.ended.value().outcome == Outcome::Done));
        BOOST_TEST(two.begun.on == "two");
        BOOST_TEST(two.begun.earlier.value().sequence == 2U);
        BOOST_TEST(!two.ended.has_value());
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_deed_and_its_outcome_are_two_records, Box) {
    auto here = log(true);
    const auto number = good(here.begin(deed("pump")));
    BOOST_TEST(number == 0U);
    good(here.end({number, Outcome::Failed, "corrupt", "it is none", now(), {}}));
    good(here.refuse(deed("well"), "nobody said why"));
    const auto telling = told();
    BOOST_REQUIRE(telling.deeds.size() == 2U);
    BOOST_TEST(state(telling.deeds[0], "") == "failed");
    BOOST_TEST(telling.deeds[0].ended.value().what == "it is none");
    BOOST_TEST(state(telling.deeds[1], "") == "refused");
    BOOST_TEST(telling.deeds[1].sequence == 2U);
}

BOOST_FIXTURE_TEST_CASE(what_was_done_before_goes_over_once, Box) {
    newcomer();
    check_all(2);
    auto here = log(true);
    good(here.begin(deed("three")));
    check_all(3);
    BOOST_TEST(!told().deeds[2].begun.earlier.has_value());
}

// The import of an answer begins before the box has a number, and ends when it has one.
BOOST_FIXTURE_TEST_CASE(an_outcome_that_comes_late_finds_its_deed, Box) {
    newcomer();
    auto late = log(false);
    check_all(2);
    good(late.end({2, Outcome::Done, "", "", now(), {}}));
    const auto telling = told();
    BOOST_TEST(telling.wrong.empty());
    BOOST_REQUIRE(telling.deeds.size() == 2U);
    BOOST_TEST((telling.deeds[1].ended.value().outcome == Outcome::Done));
    BOOST_TEST(telling.deeds[1].ended.value().earlier.value().sequence == 4U);
}

BOOST_AUTO_TEST_CASE(a_kill_while_they_go_over_costs_nothing_and_doubles_nothing) {
    std::set<std::string> reached;
    for (const auto* point : {"audit.taking", "audit.taken", "audit.marked", "feed.appended", "feed.durable"})
        for (unsigned times = 1; times < 4; ++times) {
            const Box box;
            box.newcomer();
            const int ended = dying_at(point, times, [&] { static_cast<void>(box.log(true)); });
            BOOST_TEST((ended == crashed || ended == 0));
            if (ended == crashed) reached.insert(point);
            box.check_all(2);
            box.check_all(2);
            if (ended == 0) break;
        }
    BOOST_TEST(reached.size() == 5U);
}

BOOST_AUTO_TEST_CASE(two_programs_that_take_over_at_once_take_each_record_once) {
    const Box box;
    box.newcomer();
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            auto here = Log::open(box.scratch.path(), self_number);
            const bool begun = here && here->begin(deed("more"));
            ::_exit(begun ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const auto child : children) {
        int status = 0;
        ::waitpid(child, &status, 0);
        BOOST_TEST(status == 0);
    }
    box.check_all(8);
}
