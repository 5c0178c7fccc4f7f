#include "telemetry/record.hpp"

#include "base/cbor.hpp"
#include "base/good.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::telemetry;
using test::bad, test::good;

namespace {

WindowRecord window(std::size_t disks) {
    WindowRecord made{.span = {1'790'000'000'000, 1'790'000'900'000},
                      .whole = true,
                      .samples = 15,
                      .still = 3,
                      .left_out = 2,
                      .examples = {"x", "y"}};
    made.series[{"holdfast_host_load", {{"minutes", "1"}}}] = {Kind::Gauge, "1", 15, 0.5, 0.25, 2, 0.75, 0};
    for (std::size_t i = 0; i < disks; ++i)
        made.series[{"holdfast_host_disk_reads_total", {{"device", "sd" + std::to_string(i)}}}] = {
            Kind::Counter, "1", 15, 1e10 + static_cast<double>(i), 0, 0, 0, 7};
    made.gone = {{"holdfast_unit_state", {{"unit", "a.service"}, {"state", "failed"}}}, {"holdfast_units_failed", {}}};
    return made;
}

LogsRecord logs(std::size_t count) {
    LogsRecord made{.span = {1, 2, false}};
    for (std::size_t i = 0; i < count; ++i)
        made.patterns.push_back({"u" + std::to_string(i), 4, "level <n>", i + 1, 1000, 2000, "level 7"});
    made.others = {{3, 9}, {6, 1}};
    return made;
}

Error refused(const Json& value) {
    return bad(parse_window(cbor::write(value)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_window_is_read_as_it_was_written) {
    const auto written = write_window(window(3));
    BOOST_REQUIRE(written.size() == 1U);
    BOOST_TEST((good(parse_window(written[0])) == window(3)));
    BOOST_TEST((write_window(window(3)) == written));
    // By hand: what stands where, as README.md says.
    const auto value = good(cbor::parse(written[0], read_limit));
    BOOST_TEST(value.at("metrics").at(1) ==
               Json::parse(R"(["holdfast_host_load", "gauge", "1", [[{"minutes": "1"}, 15, 0.5, 0.25, 2, 0.75]]])"));
    BOOST_TEST(value.at("metrics").at(0).at(3).at(2) == Json::parse(R"([{"device": "sd2"}, 15, 10000000002, 7])"));
    BOOST_TEST(!value.contains("part"));
    BOOST_TEST(!value.contains("ended"));
}

BOOST_AUTO_TEST_CASE(logs_are_read_as_they_were_written) {
    const auto written = write_logs(logs(2));
    BOOST_REQUIRE(written.size() == 1U);
    BOOST_TEST((good(parse_logs(written[0])) == logs(2)));
}

BOOST_AUTO_TEST_CASE(what_is_too_much_for_one_record_is_several_that_are_the_same_together) {
    constexpr std::size_t limit = 2000;
    const auto whole = window(500);
    const auto written = write_window(whole, limit);
    BOOST_TEST(written.size() > 5U);
    WindowRecord together;
    for (std::size_t i = 0; i < written.size(); ++i) {
        BOOST_TEST(written[i].size() <= limit);
        auto part = good(parse_window(written[i]));
        BOOST_TEST(part.span.part == i);
        BOOST_TEST(part.span.parts == written.size());
        if (i == 0) together = part;
        together.series.merge(part.series);
        if (i > 0) together.gone.insert(together.gone.end(), part.gone.begin(), part.gone.end());
    }
    together.span = whole.span;
    BOOST_TEST((together == whole));
    std::uint64_t patterns = 0, others = 0;
    for (const auto& each : write_logs(logs(300), limit)) {
        BOOST_TEST(each.size() <= limit);
        const auto part = good(parse_logs(each));
        patterns += part.patterns.size();
        others += part.others.size();
    }
    BOOST_TEST(patterns == 300U);
    BOOST_TEST(others == 2U);
}

BOOST_AUTO_TEST_CASE(one_entry_that_is_too_large_by_itself_ends_the_halving) {
    BOOST_TEST(write_window(window(2), 10).size() == 5U);  // 3 series and 2 that are gone
    BOOST_TEST(write_logs(logs(3), 10).size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_is_no_record_is_refused_and_what_is_new_is_passed_over) {
    const Json least{{"format", 1}, {"from", 1}, {"until", 2}};
    BOOST_TEST(good(parse_window(cbor::write(least))).series.empty());
    auto newer = least;
    newer["colour"] = "green";
    good(parse_window(cbor::write(newer)));
    const auto with = [&](const char* key, Json value) {
        auto made = least;
        made[key] = std::move(value);
        return made;
    };
    BOOST_TEST((refused(with("format", 2)).code == Code::Corrupt));
    BOOST_TEST((refused(with("until", "soon")).code == Code::Corrupt));
    BOOST_TEST((refused(with("until", std::uint64_t{1} << 63U)).code == Code::Corrupt));
    refused(with("parts", 0));
    refused(with("part", 1));
    refused(with("metrics", Json::object()));
    refused(with("metrics", Json::parse(R"([["a b", "gauge", "1", [[{}, 1, 1, 1, 1, 1]]]])")));
    refused(with("metrics", Json::parse(R"([["a", "gauge", "1", [[{"x-y": "1"}, 1, 1, 1, 1, 1]]]])")));
    refused(with("metrics", Json::parse(R"([["a", "gauge", "1", [[{}, 1, 1, 1, 1]]]])")));
    refused(with("metrics", Json::parse(R"([["a", "sum", "1", []]])")));
    refused(with("metrics", Json::parse(R"([["a", "counter", "1", [[{}, 1, 1, 1], [{}, 1, 1, 1]]]])")));
    refused(with("gone", Json::parse(R"([["a"]])")));
    refused(Json::array());
    bad(parse_window("nothing"));
    auto debugging = least;
    debugging["patterns"] = Json::parse(R"([["u", 7, "p", 1, 1, 1, "e"]])");
    bad(parse_logs(cbor::write(debugging)));
}
