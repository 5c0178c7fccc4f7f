#include "telemetry/recorder.hpp"

#include "base/good.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::telemetry;
using test::good;

namespace {

constexpr std::int64_t minute = 60'000, epoch = 1'790'000'000'000;

Moment after(std::int64_t minutes) {
    return {epoch + minutes * minute, 5000 + minutes * minute};
}

Samples load(double value) {
    return {{{"holdfast_host_load", {{"minutes", "1"}}}, value},
            {{"holdfast_telemetry_sample_timestamp_seconds", {}}, value}};
}

Settings settings() {
    return {.sample_seconds = 60, .window_seconds = 180};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_window_is_over_with_the_sample_that_is_nearest_to_its_end) {
    Recorder recorder(settings(), after(0));
    BOOST_TEST(!recorder.over(after(2)));
    BOOST_TEST(recorder.over({0, after(3).running - 29'000}));
    BOOST_TEST(recorder.over(after(3)));
    // Whatever the clock of the wall does meanwhile.
    BOOST_TEST(!recorder.over({epoch * 2, after(1).running}));
}

BOOST_AUTO_TEST_CASE(samples_and_messages_become_two_records) {
    Recorder recorder(settings(), after(0));
    for (const double value : {1.0, 2.0, 6.0}) recorder.add(load(value));
    recorder.add(Entry{"a.service", "level 7", 4, epoch + 5});
    const auto drafts = recorder.finish(after(3), Recorder::Ending::Over);
    BOOST_REQUIRE(drafts.size() == 2U);
    BOOST_TEST(drafts[0].type == "telemetry.window");
    const auto window = good(parse_window(drafts[0].payload));
    BOOST_TEST((window.span == Span{epoch, epoch + 3 * minute}));
    BOOST_TEST(window.samples == 3U);
    BOOST_TEST(window.whole);
    BOOST_REQUIRE(window.series.size() == 1U);  // and not the time of the sample
    BOOST_TEST(window.series.begin()->second.mean == 3);
    BOOST_TEST(drafts[1].type == "telemetry.logs");
    BOOST_TEST(good(parse_logs(drafts[1].payload)).patterns.at(0).pattern == "level <n>");
}

BOOST_AUTO_TEST_CASE(the_next_window_tells_what_moved_and_an_unfinished_one_says_so) {
    Recorder recorder(settings(), after(0));
    recorder.add(load(1));
    recorder.finish(after(3), Recorder::Ending::Over);
    recorder.add(load(1));
    const auto drafts = recorder.finish(after(4), Recorder::Ending::Early);
    BOOST_REQUIRE(drafts.size() == 1U);
    const auto window = good(parse_window(drafts[0].payload));
    BOOST_TEST(!window.span.ended);
    BOOST_TEST(window.span.from == epoch + 3 * minute);
    BOOST_TEST(window.still == 1U);
    BOOST_TEST(window.series.empty());
    BOOST_TEST(recorder.finish(after(5), Recorder::Ending::Early).empty());
}

BOOST_AUTO_TEST_CASE(after_a_loss_the_next_window_is_whole) {
    Recorder recorder(settings(), after(0));
    recorder.add(load(1));
    recorder.finish(after(3), Recorder::Ending::Over);
    recorder.lost();
    recorder.add(load(1));
    const auto drafts = recorder.finish(after(6), Recorder::Ending::Over);
    BOOST_TEST(good(parse_window(drafts.at(0).payload)).whole);
}
