#include "audit/entry.hpp"

#include "audit/deeds.hpp"
#include "base/file.hpp"
#include "base/good.hpp"
#include "base/in_child.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::audit;
using test::bad, test::good;

namespace {

struct Box {
    Scratch scratch = good(Scratch::make("entry"));
    std::vector<std::string> warnings;

    Place place() {
        return {scratch.path(),
                sha256("this box"),
                "test",
                [this](const std::string& words) { warnings.push_back(words); },
                {}};
    }
    void settings(const std::string& text) const {
        good(make_directories(scratch.path() / "etc/holdfast"));
        good(write_whole(scratch.path() / "etc/holdfast/audit.yaml", text));
    }
    // Who logged in nowhere would be the unit of the test's runner.
    static Deed by_hand(const std::string& why = {}) {
        return {.verb = "update.apply", .on = "version 2", .why = why, .who = who_is(0, 1000, ""), .vital = false};
    }
    std::vector<Told> told() const {
        auto log = good(Log::open(scratch.path(), sha256("this box")));
        const auto telling = good(deeds_in(log.feeds(), log.feed()));
        BOOST_TEST(telling.wrong.empty());
        return telling.deeds;
    }
    // A folder cannot be made where a file is.
    void break_it() const {
        good(make_directories(scratch.path() / "var/lib"));
        good(write_whole(scratch.path() / "var/lib/holdfast", "in the way"));
    }
};

Result<std::string> works() {
    return "done so";
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(it_is_written_down_before_it_is_done_and_after_that, Box) {
    const auto came = on_record(place(), by_hand("it leaks"), [&]() -> Result<std::string> {
        BOOST_REQUIRE(told().size() == 1U);
        BOOST_TEST(!told()[0].ended.has_value());
        return works();
    });
    BOOST_TEST(good(came) == "done so");
    BOOST_REQUIRE(told().size() == 1U);
    BOOST_TEST((told()[0].ended.value().outcome == Outcome::Done));
    BOOST_TEST(told()[0].begun.why == "it leaks");
    BOOST_TEST(told()[0].begun.program == "test");
    BOOST_TEST(warnings.empty());
}

BOOST_FIXTURE_TEST_CASE(an_error_is_its_outcome, Box) {
    bad(on_record(place(), by_hand(), []() -> Result<> { return fail(Code::NoSpace, "the disk is full"); }));
    bad(on_record(place(), by_hand(), []() -> Result<> { return fail(Code::Denied, "not yours"); }));
    BOOST_TEST(state(told().at(0), "") == "failed");
    BOOST_TEST(told().at(0).ended.value().code == "no-space");
    BOOST_TEST(told().at(0).ended.value().what == "the disk is full");
    BOOST_TEST(state(told().at(1), "") == "refused");
    BOOST_TEST(good(on_record(place(), by_hand(), []() -> Result<int> { return 77; })) == 77);
    BOOST_TEST(told().at(2).ended.value().what == "exit code 77");
    good(on_record(place(), by_hand(), []() -> Result<int> { return 0; }));
    BOOST_TEST(state(told().at(3), "") == "done");
}

BOOST_FIXTURE_TEST_CASE(without_a_reason_that_is_wanted_nothing_happens, Box) {
    settings("reasons: [update.*]\n");
    bool happened = false;
    const auto work = [&]() -> Result<> {
        happened = true;
        return {};
    };
    const auto refused = bad(on_record(place(), by_hand(), work));
    BOOST_TEST((refused.code == Code::Denied));
    BOOST_TEST(refused.what.contains("--why"));
    BOOST_TEST(!happened);
    BOOST_TEST(state(told().at(0), "") == "refused");
    BOOST_TEST((bad(on_record(place(), by_hand("two\nlines"), work)).code == Code::Corrupt));
    BOOST_TEST(!happened);
    good(on_record(place(), by_hand("it leaks"), work));
    BOOST_TEST(happened);
    // The daemon has none.
    auto alone = by_hand();
    alone.who = who_is(0, {}, "holdfast-update-automatic.service");
    good(on_record(place(), alone, work));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_on_record_is_not_done_where_that_is_demanded, Box) {
    break_it();
    bool happened = false;
    const auto work = [&]() -> Result<> {
        happened = true;
        return {};
    };
    const auto refused = bad(on_record(place(), by_hand(), work));
    BOOST_TEST(refused.what.contains("update.apply was not done: it has to be on record here"));
    BOOST_TEST(refused.what.contains("Next: "));
    BOOST_TEST(!happened);
    auto vital = by_hand();
    vital.vital = true;
    good(on_record(place(), vital, work));
    BOOST_TEST(happened);
    BOOST_TEST(warnings.size() == 1U);
    happened = false;
    settings("required: false\n");
    good(on_record(place(), by_hand(), work));
    BOOST_TEST(happened);
    BOOST_REQUIRE(warnings.size() == 2U);
    BOOST_TEST(warnings[1].contains("update.apply is not on record"));
}

BOOST_FIXTURE_TEST_CASE(settings_that_cannot_be_read_let_through_only_what_is_vital, Box) {
    settings("required: perhaps\n");
    const auto work = []() -> Result<> { return {}; };
    BOOST_TEST(bad(on_record(place(), by_hand(), work)).what.contains("audit.yaml:1"));
    auto vital = by_hand();
    vital.vital = true;
    good(on_record(place(), vital, work));
    BOOST_TEST(told().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_deed_that_was_killed_has_no_outcome) {
    for (const auto* point : {"audit.begun", "audit.acted", "audit.ended"}) {
        Box box;
        const int ended = dying_at(point, 1, [&] { static_cast<void>(on_record(box.place(), Box::by_hand(), works)); });
        BOOST_TEST(ended == crashed);
        BOOST_REQUIRE(box.told().size() == 1U);
        const bool over = std::string_view(point) == "audit.ended";
        BOOST_TEST(box.told()[0].ended.has_value() == over, point);
        BOOST_TEST(state(box.told()[0], now().boot) == (over ? "done" : "open"));
        BOOST_TEST(state(box.told()[0], "another start") == (over ? "done" : "cut-off"));
    }
}

BOOST_FIXTURE_TEST_CASE(one_that_is_begun_late_is_begun_once, Box) {
    Entry entry(place(), by_hand());
    entry.end(Outcome::Done);
    BOOST_TEST(told().empty());
    good(entry.begin());
    good(entry.begin());
    entry.end(Outcome::Done, "", "version 2 is here");
    BOOST_TEST(told().size() == 1U);
    BOOST_TEST(told()[0].ended.value().what == "version 2 is here");
}
