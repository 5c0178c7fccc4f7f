#include "telemetry/otlp.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::telemetry;

namespace {

const Resource box{"spiffe://clinic.example/site/north/box/pump-1", "pump-1", "north"};
const Span span{1'790'000'000'000, 1'790'000'900'000};

Json expected_resource() {
    return Json::parse(R"({"attributes": [
        {"key": "service.name", "value": {"stringValue": "holdfast"}},
        {"key": "holdfast.node", "value": {"stringValue": "spiffe://clinic.example/site/north/box/pump-1"}},
        {"key": "host.name", "value": {"stringValue": "pump-1"}},
        {"key": "holdfast.site", "value": {"stringValue": "north"}}]})");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_gauge_is_its_last_value_and_a_histogram_of_its_window) {
    WindowRecord record{.span = span};
    record.series[{"holdfast_host_load", {{"minutes", "1"}}}] = {Kind::Gauge, "1", 4, 5, 1, 8, 4, 0};
    const auto made = metrics_request(box, record);
    const auto& of_node = made.at("resourceMetrics").at(0);
    BOOST_TEST(of_node.at("resource") == expected_resource());
    const auto& metrics = of_node.at("scopeMetrics").at(0).at("metrics");
    BOOST_REQUIRE(metrics.size() == 2U);
    BOOST_TEST(metrics[0] == Json::parse(R"({
        "name": "holdfast_host_load", "unit": "1", "description": "Tasks that run or wait, over 1, 5 and 15 minutes.",
        "gauge": {"dataPoints": [{"attributes": [{"key": "minutes", "value": {"stringValue": "1"}}],
            "startTimeUnixNano": "1790000000000000000", "timeUnixNano": "1790000900000000000", "asDouble": 5.0}]}})"));
    BOOST_TEST(metrics[1] == Json::parse(R"({
        "name": "holdfast_host_load_window", "unit": "1",
        "histogram": {"aggregationTemporality": 1,
            "dataPoints": [{"attributes": [{"key": "minutes", "value": {"stringValue": "1"}}],
            "startTimeUnixNano": "1790000000000000000", "timeUnixNano": "1790000900000000000",
            "count": "4", "sum": 16.0, "min": 1.0, "max": 8.0, "bucketCounts": ["4"], "explicitBounds": []}]}})"));
}

BOOST_AUTO_TEST_CASE(a_counter_is_what_it_grew_and_points_of_one_metric_stand_together) {
    WindowRecord record{.span = span};
    for (const std::string device : {"eth0", "eth1"})
        record.series[{"holdfast_host_network_receive_bytes_total", {{"device", device}}}] = {
            Kind::Counter, "By", 4, 100, 0, 0, 0, 75};
    record.series[{"holdfast_host_temperature_celsius", {{"sensor", "x"}}}] = {Kind::Gauge, "Cel", 2, -1, -3, 5, 1, 0};
    const auto metrics =
        metrics_request(box, record).at("resourceMetrics").at(0).at("scopeMetrics").at(0).at("metrics");
    BOOST_REQUIRE(metrics.size() == 3U);
    const auto& sum = metrics[0].at("sum");
    BOOST_TEST(sum.at("isMonotonic") == true);
    BOOST_TEST(sum.at("aggregationTemporality") == 1);
    BOOST_REQUIRE(sum.at("dataPoints").size() == 2U);
    BOOST_TEST(sum.at("dataPoints").at(1).at("asDouble") == 75);
    // No sum where something was below zero.
    BOOST_TEST(!metrics[2].at("histogram").at("dataPoints").at(0).contains("sum"));
}

BOOST_AUTO_TEST_CASE(what_is_gone_is_a_point_without_a_value) {
    WindowRecord record{.span = span};
    record.gone = {{"holdfast_unit_state", {{"state", "failed"}}}, {"holdfast_unit_restarts_total", {}}, {"newer", {}}};
    const auto metrics =
        metrics_request(box, record).at("resourceMetrics").at(0).at("scopeMetrics").at(0).at("metrics");
    BOOST_REQUIRE(metrics.size() == 3U);
    const auto& point = metrics[0].at("gauge").at("dataPoints").at(0);
    BOOST_TEST(point.at("flags") == 1);
    BOOST_TEST(!point.contains("asDouble"));
    BOOST_TEST(metrics[1].contains("sum"));
    BOOST_TEST(metrics[2].contains("gauge"));
}

BOOST_AUTO_TEST_CASE(a_pattern_is_a_record_with_its_example_and_count) {
    LogsRecord record{.span = span};
    record.patterns = {{"a.service", 4, "level <n>", 12, 1'790'000'000'001, 1'790'000'000'777, "level 7"}};
    record.others = {{3, 9}};
    const auto of_node = logs_request(box, record).at("resourceLogs").at(0);
    BOOST_TEST(of_node.at("resource") == expected_resource());
    const auto& logs = of_node.at("scopeLogs").at(0).at("logRecords");
    BOOST_REQUIRE(logs.size() == 2U);
    BOOST_TEST(logs[0] == Json::parse(R"({"timeUnixNano": "1790000000777000000",
        "observedTimeUnixNano": "1790000900000000000", "severityNumber": 13, "severityText": "warning",
        "body": {"stringValue": "level 7"}, "attributes": [
            {"key": "holdfast.unit", "value": {"stringValue": "a.service"}},
            {"key": "holdfast.pattern", "value": {"stringValue": "level <n>"}},
            {"key": "holdfast.count", "value": {"intValue": "12"}},
            {"key": "holdfast.first_ms", "value": {"intValue": "1790000000001"}}]})"));
    BOOST_TEST(logs[1].at("severityNumber") == 17);
    BOOST_TEST(logs[1].at("attributes").at(1).at("value").at("intValue") == "9");
}

BOOST_AUTO_TEST_CASE(a_node_that_nobody_knows_has_no_host_and_no_site) {
    const auto made = metrics_request({"node 3f9a1c02", "", ""}, {.span = span});
    BOOST_TEST(made.at("resourceMetrics").at(0).at("resource").at("attributes").size() == 2U);
}
