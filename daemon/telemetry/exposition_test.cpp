#include "telemetry/exposition.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::telemetry;

BOOST_AUTO_TEST_CASE(series_of_a_metric_stand_together_below_its_help_and_type) {
    const Samples samples{{{"holdfast_host_load", {{"minutes", "5"}}}, 1.5},
                          {{"holdfast_unit_restarts_total", {{"unit", "a\\b\"c\nd.service"}}}, 3},
                          {{"holdfast_host_load", {{"minutes", "1"}}}, 0.1},
                          {{"holdfast_host_load", {{"minutes", "1"}}}, 0.25},
                          {{"holdfast_host_uptime_seconds", {}}, 1e21},
                          {{"none_of_ours", {}}, 1}};
    BOOST_TEST(exposition(samples) ==
               "# HELP holdfast_host_load Tasks that run or wait, over 1, 5 and 15 minutes.\n"
               "# TYPE holdfast_host_load gauge\n"
               "holdfast_host_load{minutes=\"1\"} 0.25\n"
               "holdfast_host_load{minutes=\"5\"} 1.5\n"
               "# HELP holdfast_host_uptime_seconds Since the kernel started.\n"
               "# TYPE holdfast_host_uptime_seconds gauge\n"
               "holdfast_host_uptime_seconds 1e+21\n"
               "# HELP holdfast_unit_restarts_total How often systemd has started a unit again by itself.\n"
               "# TYPE holdfast_unit_restarts_total counter\n"
               "holdfast_unit_restarts_total{unit=\"a\\\\b\\\"c\\nd.service\"} 3\n");
    BOOST_TEST(exposition({}) == "");
}

// https://prometheus.io/docs/practices/naming: a counter ends in _total, a unit is a base unit and stands in the name.
BOOST_AUTO_TEST_CASE(names_are_as_prometheus_wants_them) {
    for (const auto& each : metrics()) {
        BOOST_TEST(each.name.starts_with("holdfast_"), each.name);
        BOOST_TEST(each.name.ends_with("_total") == (each.kind == Kind::Counter), each.name);
        BOOST_TEST((each.unit == "s") == each.name.contains("_seconds"), each.name);
        BOOST_TEST((each.unit == "By") == each.name.contains("_bytes"), each.name);
        BOOST_TEST((each.unit == "Cel") == each.name.contains("_celsius"), each.name);
        BOOST_TEST(each.help.ends_with('.') != each.help.ends_with("…"), each.name);
    }
}
