#include "telemetry/deadband.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::telemetry;

namespace {

constexpr std::int64_t hour = 3'600'000;

const Series one{"holdfast_host_load", {{"minutes", "1"}}}, five{"holdfast_host_load", {{"minutes", "5"}}};
const Series memory{"holdfast_host_memory_bytes", {{"kind", "free"}}};
const Series reads{"holdfast_host_disk_reads_total", {{"device", "sda"}}};

Reduced gauge(double least, double most, double last) {
    return {.kind = Kind::Gauge, .count = 2, .last = last, .least = least, .most = most, .mean = last};
}
Reduced gauge(double value) {
    return gauge(value, value, value);
}
Reduced counter(double increase) {
    return {.kind = Kind::Counter, .count = 2, .last = 1000, .increase = increase};
}

Told told(std::vector<Deadband> bands) {
    return {std::move(bands), 24 * hour};
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_window_is_whole_and_then_what_moved_beyond_its_band) {
    auto all = told({{"holdfast_host_load*", 0.5, 0}});
    const auto first = all.news({{one, gauge(2)}, {five, gauge(2)}}, 0);
    BOOST_TEST(first.whole);
    BOOST_TEST(first.series.size() == 2U);
    // 2.5 is within 0.5 of 2, and 2.6 is not.
    const auto next = all.news({{one, gauge(2.5)}, {five, gauge(2.6)}}, hour);
    BOOST_TEST(!next.whole);
    BOOST_TEST(next.series.size() == 1U);
    BOOST_TEST(next.series.contains(five));
    BOOST_TEST(next.still == 1U);
    // Slowly, too: it is compared with what was told last, which is still 2.
    BOOST_TEST(all.news({{one, gauge(2.6)}, {five, gauge(2.6)}}, 2 * hour).series.contains(one));
}

BOOST_AUTO_TEST_CASE(one_that_left_its_band_within_the_window_and_came_back_has_moved) {
    auto all = told({{"*", 1, 0}});
    all.news({{one, gauge(2)}}, 0);
    BOOST_TEST(all.news({{one, gauge(2, 9, 2)}}, hour).series.size() == 1U);
    BOOST_TEST(all.news({{one, gauge(1.5, 2.5, 2)}}, hour).series.empty());
    BOOST_TEST(all.news({{one, gauge(0.5, 2, 2)}}, hour).series.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_relative_band_is_of_what_was_told_last_and_the_larger_one_counts) {
    auto all = told({{"holdfast_host_memory_bytes*", 10, 0.05}});
    all.news({{memory, gauge(1000)}}, 0);
    BOOST_TEST(all.news({{memory, gauge(1050)}}, hour).series.empty());
    BOOST_TEST(all.news({{memory, gauge(1051)}}, hour).series.size() == 1U);
    BOOST_TEST(all.news({{memory, gauge(100)}}, hour).series.size() == 1U);
    BOOST_TEST(all.news({{memory, gauge(110)}}, hour).series.empty());  // 5 % would be 5
}

BOOST_AUTO_TEST_CASE(a_counter_that_did_not_grow_is_left_out) {
    auto all = told({{R"(*device="sda"*)", 3, 0}});
    all.news({{reads, counter(0)}}, 0);
    BOOST_TEST(all.news({{reads, counter(3)}}, hour).still == 1U);
    BOOST_TEST(all.news({{reads, counter(4)}}, hour).series.size() == 1U);
    auto none = told({});
    none.news({{reads, counter(0)}}, 0);
    BOOST_TEST(none.news({{reads, counter(0)}}, hour).still == 1U);
    BOOST_TEST(none.news({{reads, counter(1)}}, hour).series.size() == 1U);
}

BOOST_AUTO_TEST_CASE(everything_is_told_once_a_day_and_after_a_loss) {
    auto all = told({{"*", 100, 0}});
    all.news({{one, gauge(2)}}, 0);
    BOOST_TEST(!all.news({{one, gauge(2)}}, 24 * hour - 1).whole);
    BOOST_TEST(all.news({{one, gauge(2)}}, 24 * hour).series.size() == 1U);
    BOOST_TEST(!all.news({{one, gauge(2)}}, 25 * hour).whole);
    all.forget();
    BOOST_TEST(all.news({{one, gauge(2)}}, 26 * hour).whole);
}

BOOST_AUTO_TEST_CASE(what_is_no_longer_there_is_told_once) {
    auto all = told({});
    all.news({{one, gauge(2)}, {five, gauge(2)}}, 0);
    BOOST_TEST((all.news({{one, gauge(2)}}, hour).gone == std::vector{five}));
    BOOST_TEST(all.news({{one, gauge(2)}}, hour).gone.empty());
    // And is news when it comes again.
    BOOST_TEST(all.news({{one, gauge(2)}, {five, gauge(2)}}, hour).series.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_first_pattern_that_fits_counts) {
    auto all = told({{R"(holdfast_host_load{minutes="1"})", 10, 0}, {"holdfast_host_load*", 0, 0}});
    all.news({{one, gauge(2)}, {five, gauge(2)}}, 0);
    const auto next = all.news({{one, gauge(3)}, {five, gauge(3)}}, hour);
    BOOST_TEST(next.series.size() == 1U);
    BOOST_TEST(next.series.contains(five));
}

BOOST_AUTO_TEST_CASE(each_of_our_own_deadbands_is_of_a_metric_that_there_is) {
    for (const auto& each : default_deadbands()) {
        const auto name = each.pattern.substr(0, each.pattern.find('*'));
        BOOST_TEST(std::ranges::any_of(metrics(), [&](const auto& one) { return one.name.starts_with(name); }),
                   each.pattern);
    }
}
