#include "programs/audit_show.hpp"

#include "base/good.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using test::bad, test::good;

namespace {

const Named named{[](const Digest&) { return "spiffe://x/site/north/box/one"; },
                  [](const audit::Told& told) { return audit::state(told, "now"); }};

audit::Told some() {
    audit::Told told;
    told.origin = sha256("a node");
    told.sequence = 4;
    told.at = {1'790'000'000'123, 0};
    told.begun = {.who = audit::who_is(0, 4'000'000'001, "session-3.scope"),
                  .verb = "catalog.delete",
                  .on = "=HYPERLINK(\"x\"), a",
                  .why = "it is gone",
                  .program = "holdfast-catalog",
                  .version = "1.0",
                  .at = {"then", 5000},
                  .earlier = {}};
    return told;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_deed_is_told_with_who_and_why) {
    auto told = some();
    const auto words = deed_for_people(told, named);
    BOOST_TEST(words.starts_with("2026-09-21 14:13 UTC  cut-off  catalog.delete  =HYP"), words);
    BOOST_TEST(words.contains("by 4000000001 (login 4000000001, as root), holdfast-catalog 1.0, "
                              "spiffe://x/site/north/box/one, record 4"),
               words);
    BOOST_TEST(words.contains("why: it is gone"));
    told.ended = audit::Ended{4, audit::Outcome::Failed, "not-found", "there is none", {"then", 6000}, {}};
    told.ended_at = {1'790'000'001'000, 0};
    BOOST_TEST(deed_for_people(told, named).contains("failed  catalog.delete"));
    const auto json = deed_in_json(told, named);
    BOOST_TEST(json.at("state") == "failed");
    BOOST_TEST(json.at("ended").at("code") == "not-found");
    BOOST_TEST(json.at("who").at("login") == 4'000'000'001U);
    BOOST_TEST(json.at("before_admission") == false);
    told.origin = {};
    BOOST_TEST(deed_in_json(told, named).at("before_admission") == true);
}

BOOST_AUTO_TEST_CASE(a_spreadsheet_reads_texts_as_texts) {
    const auto csv = deeds_in_csv({some()}, named);
    BOOST_TEST(csv.starts_with("node,record,begun,"));
    BOOST_TEST(csv.contains("\r\nspiffe://x/site/north/box/one,4,2026-09-21T14:13:20.123Z,then,5000,4000000001,person,"
                            "4000000001,0,catalog.delete,\"'=HYPERLINK(\"\"x\"\"), a\",it is gone,holdfast-catalog,"
                            "1.0,cut-off,,,no,2026-09-21T14:13:20.123Z\r\n"),
               csv);
}

BOOST_AUTO_TEST_CASE(times_are_dates_or_lengths) {
    constexpr std::int64_t now = 1'790'000'000'000, day = 86'400'000;
    BOOST_TEST(good(parse_since("", now)) == 0);
    BOOST_TEST(good(parse_since("7d", now)) == now - 7 * day);
    BOOST_TEST(good(parse_since("90m", now)) == now - 5'400'000);
    BOOST_TEST(good(parse_since("12h", now)) == now - day / 2);
    BOOST_TEST(good(parse_since("2026-09-21", now)) == 1'789'948'800'000);
    BOOST_TEST(good(parse_since("2026-09-21T14:13", now)) == 1'789'999'980'000);
    for (const auto* wrong : {"yesterday", "7", "d", "-7d", "7dd", "2026-13-01", "2026-09-21x", "999999999d"})
        BOOST_TEST(bad(parse_since(wrong, now)).what.contains("is no time"), wrong);
}

// A clock that was ahead for a day stays in all stamps until that day has come; people are told what it says now.
BOOST_AUTO_TEST_CASE(what_the_clock_said_is_told_and_a_stamp_that_differs) {
    auto told = some();
    told.begun.at.clock = told.at.wall - 3LL * 86'400'000;
    BOOST_TEST(deed_in_json(told, named).at("at") == told.begun.at.clock);
    BOOST_TEST(deed_in_json(told, named).at("stamp") == told.at.wall);
    const auto text = deed_for_people(told, named);
    BOOST_TEST(text.starts_with("2026-09-18 14:13"), text);
    BOOST_TEST(text.contains("its stamp says 2026-09-21 14:13"), text);
    told.begun.at.clock = told.at.wall + 1000;
    BOOST_TEST(!deed_for_people(told, named).contains("stamp"));
}
