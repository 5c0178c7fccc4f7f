#include "audit/record.hpp"

#include "base/cbor.hpp"
#include "base/good.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::audit;
using test::bad, test::good;

namespace {

const Begun some{.who = who_is(0, 1000, "session-3.scope"),
                 .verb = "update.rollback",
                 .on = "version 1.2.0",
                 .why = "the pump stands still",
                 .program = "holdfast-update",
                 .version = "1.3.0",
                 .at = {"b0072e1d-8c0c-4f2c-a3e7-2f1a5f1f7d10", 86'400'123},
                 .earlier = {}};

}  // namespace

BOOST_AUTO_TEST_CASE(what_was_written_is_read) {
    BOOST_TEST((good(parse_begun(write(some))) == some));
    auto taken = some;
    taken.earlier = Earlier{7, {1'790'000'000'000, 3}};
    BOOST_TEST((good(parse_begun(write(taken))) == taken));
    const Ended ended{41, Outcome::Refused, "denied", "update: nobody said why", some.at, Earlier{8, {-1, 0}}};
    BOOST_TEST((good(parse_ended(write(ended))) == ended));
    for (const auto outcome : {Outcome::Done, Outcome::Failed}) {
        const Ended each{0, outcome, "", "", {}, {}};
        BOOST_TEST((good(parse_ended(write(each))) == each));
    }
    const Taken mark{sha256("a node"), 12};
    BOOST_TEST((good(parse_taken(write(mark))).origin == mark.origin));
    BOOST_TEST(good(parse_taken(write(mark))).next == 12U);
}

BOOST_AUTO_TEST_CASE(words_are_cut_and_mended_and_never_a_reason_to_refuse_a_record) {
    auto begun = some;
    begun.on = std::string(1023, 'x') + "\xc3\xa4\xc3\xa4";
    begun.why =
        "a\nb\x1b[31m\xff\xc2\x9b"
        "c";
    const auto read = good(parse_begun(write(begun)));
    BOOST_TEST(read.on.size() <= on_limit);
    BOOST_TEST(read.on.ends_with("x…"));
    BOOST_TEST(read.why == "a b [31m\xef\xbf\xbd  c");
    Ended ended{1, Outcome::Failed, "corrupt", std::string(100'000, 'e'), {}, {}};
    BOOST_TEST(good(parse_ended(write(ended))).what.size() <= what_limit);
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    const auto whole = good(cbor::parse(write(some), 100'000));
    for (const auto& [key, value] : whole.items()) {
        auto less = whole;
        less.erase(key);
        BOOST_TEST(bad(parse_begun(cbor::write(less))).what.contains(key));
        auto other = whole;
        other[key] = Json::array({1, 2});
        BOOST_TEST((bad(parse_begun(cbor::write(other))).code == Code::Corrupt), key);
    }
    auto more = whole;
    more["colour"] = "blue";
    bad(parse_begun(cbor::write(more)));
    for (const auto* verb : {"", "update", "update.", ".apply", "Update.apply", "a..b", "a b.c"}) {
        auto other = whole;
        other["verb"] = verb;
        BOOST_TEST(bad(parse_begun(cbor::write(other))).what.contains("verb"), verb);
    }
    bad(parse_begun(write(some) + "x"));
    bad(parse_begun(write(Ended{})));
    bad(parse_ended(write(some)));
    bad(parse_ended(cbor::write({{"deed", 1}, {"outcome", "good"}, {"code", ""}, {"what", ""}, {"at", whole["at"]}})));
    bad(parse_taken(cbor::write({{"origin", cbor::binary("short")}, {"next", 1}})));
}

BOOST_AUTO_TEST_CASE(the_clock_that_nobody_sets_goes_on) {
    const auto first = now(), second = now();
    BOOST_TEST(first.boot.size() == 36U);
    BOOST_TEST(first.boot == second.boot);
    BOOST_TEST(first.uptime <= second.uptime);
    BOOST_TEST(first.uptime > 0U);
    BOOST_TEST(first.clock > 1'700'000'000'000);
    // One of an older program says nothing of it.
    Begun begun = some;
    begun.at = first;
    BOOST_TEST((good(parse_begun(write(begun))).at == first));
    begun.at.clock = 0;
    BOOST_TEST((good(parse_begun(write(begun))).at == begun.at));
    BOOST_TEST(now("/nowhere").boot == "");
}
