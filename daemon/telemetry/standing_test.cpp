#include "telemetry/standing.hpp"

#include "base/file.hpp"
#include "base/good.hpp"
#include "base/scratch.hpp"
#include "health/report.hpp"
#include "update/journal.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::telemetry;
using test::bad, test::good;

namespace {

std::map<std::string, double> by_text(const Samples& samples) {
    std::map<std::string, double> all;
    for (const auto& each : samples) all[text(each.series)] = each.value;
    return all;
}

struct Box {
    Scratch scratch = good(Scratch::make("standing"));
    std::filesystem::path root = scratch.path();
    Samples samples;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_box_without_report_and_journal_has_nothing_to_say, Box) {
    good(add_health(root, samples));
    good(add_update(root, samples));
    BOOST_TEST(samples.empty());
}

BOOST_FIXTURE_TEST_CASE(the_verdict_and_each_check_with_its_answer, Box) {
    good(make_directories(root / health::report_directory));
    good(health::write_report(root, {health::Verdict::Green,
                                     "fine",
                                     {{"10-disk.sh", health::Kind::Required, health::Answer::Healthy, "", 0.5},
                                      {"20-net.sh", health::Kind::Wanted, health::Answer::CannotTell, "no line", 2}}}));
    good(add_health(root, samples));
    const std::map<std::string, double> expected{
        {R"(holdfast_health_verdict{verdict="green"})", 1},
        {R"(holdfast_health_check{answer="healthy",check="10-disk.sh",kind="required"})", 1},
        {R"(holdfast_health_check{answer="cannot-tell",check="20-net.sh",kind="wanted"})", 1},
        {R"(holdfast_health_check_seconds{check="10-disk.sh",kind="required"})", 0.5},
        {R"(holdfast_health_check_seconds{check="20-net.sh",kind="wanted"})", 2}};
    BOOST_TEST((by_text(samples) == expected));
}

BOOST_FIXTURE_TEST_CASE(the_last_update_with_state_version_and_slot, Box) {
    update::Journal journal;
    journal.attempts = {{.version = "0.1.0", .state = update::State::Good},
                        {.version = "0.2.0", .slot = 'b', .fetched = 4711, .state = update::State::Trying}};
    good(make_directories(root / update::journal_folder));
    good(write_whole(update::journal_file(root), update::write_journal(journal)));
    good(add_update(root, samples));
    const std::map<std::string, double> expected{{R"(holdfast_update_state{state="trying"})", 1},
                                                 {"holdfast_update_attempts", 2},
                                                 {R"(holdfast_update_info{slot="b",version="0.2.0"})", 1},
                                                 {"holdfast_update_fetched_bytes", 4711}};
    BOOST_TEST((by_text(samples) == expected));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_read_is_an_error_and_adds_nothing, Box) {
    good(make_directories(root / health::report_directory));
    good(write_whole(root / health::report_directory / health::report_name, "{"));
    good(make_directories(root / update::journal_folder));
    good(write_whole(update::journal_file(root), "{"));
    bad(add_health(root, samples));
    bad(add_update(root, samples));
    BOOST_TEST(samples.empty());
}
