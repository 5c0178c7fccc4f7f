#include "telemetry/window.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

using namespace holdfast::telemetry;

namespace {

const Series load{"holdfast_host_load", {{"minutes", "1"}}};
const Series sent{"holdfast_host_network_transmit_bytes_total", {{"device", "eth0"}}};

Samples one(const Series& series, double value) {
    return {{series, value}};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_gauge_is_its_least_most_mean_and_last_value) {
    Window window(10);
    for (const double value : {2.0, 8.0, 1.0, 5.0}) window.add(one(load, value));
    const auto done = window.finish();
    BOOST_TEST(done.samples == 4U);
    const auto& r = done.series.at(load);
    BOOST_TEST((r.kind == Kind::Gauge));
    BOOST_TEST(r.count == 4U);
    BOOST_TEST(r.least == 1);
    BOOST_TEST(r.most == 8);
    BOOST_TEST(r.mean == 4);  // 16 / 4
    BOOST_TEST(r.last == 5);
    BOOST_TEST(window.finish().series.empty());
}

BOOST_AUTO_TEST_CASE(a_gauge_below_zero_has_a_least_and_a_most_as_well) {
    Window window(10);
    for (const double value : {-3.0, -1.0}) window.add(one({"holdfast_host_temperature_celsius", {}}, value));
    const auto r = window.finish().series.begin()->second;
    BOOST_TEST(r.least == -3);
    BOOST_TEST(r.most == -1);
    BOOST_TEST(r.mean == -2);
}

// 100 (nobody knows what came before), 130: 30, 40 after a reset: 40, 45: 5.
BOOST_AUTO_TEST_CASE(a_counter_is_what_it_grew_and_survives_a_reset) {
    Window window(10);
    for (const double value : {100.0, 130.0, 40.0, 45.0}) window.add(one(sent, value));
    const auto r = window.finish().series.at(sent);
    BOOST_TEST((r.kind == Kind::Counter));
    BOOST_TEST(r.increase == 75);
    BOOST_TEST(r.last == 45);
    // What it grew between two windows belongs to the second.
    window.add(one(sent, 65));
    BOOST_TEST(window.finish().series.at(sent).increase == 20);
}

BOOST_AUTO_TEST_CASE(a_counter_that_was_away_for_a_window_begins_anew) {
    Window window(10);
    window.add(one(sent, 100));
    window.finish();
    window.add(one(load, 1));
    window.finish();
    window.add(one(sent, 1000));
    BOOST_TEST(window.finish().series.at(sent).increase == 0);
}

BOOST_AUTO_TEST_CASE(series_beyond_the_limit_are_left_out_and_counted_once_each) {
    Window window(2);
    const auto disk = [](const std::string& name) {
        return Series{"holdfast_host_disk_reads_total", {{"device", name}}};
    };
    for (int round = 0; round < 3; ++round)
        window.add({{disk("a"), 1}, {disk("b"), 1}, {disk("c"), 1}, {disk("d"), 1}});
    auto done = window.finish();
    BOOST_TEST(done.series.size() == 2U);
    BOOST_TEST(done.left_out == 2U);
    BOOST_TEST(done.examples == (std::vector<std::string>{R"(holdfast_host_disk_reads_total{device="c"})",
                                                          R"(holdfast_host_disk_reads_total{device="d"})"}));
    window.add(one(disk("c"), 1));
    done = window.finish();
    BOOST_TEST(done.left_out == 0U);
    BOOST_TEST(done.series.contains(disk("c")));
}

BOOST_AUTO_TEST_CASE(what_is_no_metric_or_no_number_is_passed_over) {
    Window window(10);
    window.add({{{"somebody_elses", {}}, 1},
                {load, std::numeric_limits<double>::quiet_NaN()},
                {sent, std::numeric_limits<double>::infinity()}});
    BOOST_TEST(window.finish().series.empty());
}
