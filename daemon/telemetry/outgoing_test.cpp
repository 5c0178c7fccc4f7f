#include "telemetry/outgoing.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"
#include "feed/test_node.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::telemetry;
using feed::TestNode, test::bad, test::good;

namespace {

constexpr std::int64_t epoch = 1'790'000'000'000, minute = 60'000;

struct World {
    Scratch scratch = good(Scratch::make("outgoing"));
    std::filesystem::path file = scratch.path() / "cursor";
    feed::Store feeds = good(feed::Store::open(scratch.path() / "feeds.db"));
    TestNode one, two;
    std::vector<std::string> sent;  // host and how many samples, or "logs"
    std::optional<std::size_t> fails_at;

    void append(const TestNode& node, std::uint64_t samples) {
        const WindowRecord record{.span = {epoch, epoch + static_cast<std::int64_t>(samples) * minute},
                                  .samples = samples};
        auto with_one = record;
        with_one.series[{"holdfast_host_load", {}}] = {Kind::Gauge, "1", samples, 1, 1, 1, 1, 0};
        append_as(node, window_type, write_window(with_one).at(0));
    }
    void append_as(const TestNode& node, const std::string& type, const std::string& payload) {
        good(feeds.append(node.feed(feed::Class::Telemetry), std::vector{feed::Draft{type, payload}}, epoch));
    }
    Export all(Cursor* cursor = nullptr) const {
        return {.nodes = {{one.origin(), {"one", "one", "north"}}, {two.origin(), {"two", "two", "north"}}},
                .cursor = cursor,
                .keep_each = true};
    }
    Result<Exported> send(const Export& what) {
        return export_records(feeds, what, [&](Signal signal, const Json& document) -> Result<> {
            if (fails_at && sent.size() == *fails_at) return fail(Code::Offline, "the collector is away");
            if (signal == Signal::Logs) {
                sent.emplace_back("logs");
                return {};
            }
            const auto& of_node = document.at("resourceMetrics").at(0);
            const auto& points = of_node.at("scopeMetrics").at(0).at("metrics").at(1).at("histogram").at("dataPoints");
            sent.push_back(
                of_node.at("resource").at("attributes").at(2).at("value").at("stringValue").get<std::string>() + " " +
                points.at(0).at("count").get<std::string>());
            return {};
        });
    }
};

using Sent = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_CASE(all_nodes_records_go_out_in_their_order, World) {
    append(one, 1);
    append(two, 2);
    append(one, 3);
    append_as(one, logs_type, write_logs({.span = {epoch, epoch}}).at(0));
    append_as(one, "telemetry.colour", "x");
    append_as(two, window_type, "x");
    const auto done = good(send(all()));
    BOOST_TEST((sent == Sent{"one 1", "one 3", "logs", "two 2"}));
    BOOST_TEST(done.records == 4U);
    BOOST_TEST(done.skipped == 1U);
    BOOST_REQUIRE(done.unread.size() == 1U);
    BOOST_TEST(done.unread[0].contains("record 1 of two"), done.unread[0]);
}

BOOST_FIXTURE_TEST_CASE(each_goes_once_and_again_after_a_failure, World) {
    for (const std::uint64_t samples : {1, 2, 3}) append(one, samples);
    fails_at = 1;
    {
        auto cursor = good(Cursor::open(file));
        BOOST_TEST((bad(send(all(&cursor))).code == Code::Offline));
    }
    fails_at.reset();
    {
        auto cursor = good(Cursor::open(file));
        BOOST_TEST(good(send(all(&cursor))).records == 2U);
    }
    BOOST_TEST((sent == Sent{"one 1", "one 2", "one 3"}));
    append(one, 4);
    // Signed or not: a cursor counts records.
    good(feeds.close(one.feed(feed::Class::Telemetry), one.sign()));
    append(two, 5);
    auto cursor = good(Cursor::open(file));
    good(send(all(&cursor)));
    BOOST_TEST((sent == Sent{"one 1", "one 2", "one 3", "one 4", "two 5"}));
    BOOST_TEST(good(send(all(&cursor))).records == 0U);
}

BOOST_FIXTURE_TEST_CASE(what_ended_before_is_passed_over, World) {
    for (const std::uint64_t samples : {1, 2, 3}) append(one, samples);
    auto what = all();
    what.since = epoch + 2 * minute;
    BOOST_TEST(good(send(what)).skipped == 1U);
    BOOST_TEST((sent == Sent{"one 2", "one 3"}));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_cursor_is_refused_and_left_alone, World) {
    for (const std::string bytes : {"", "[]", "{}", R"({"what":"holdfast-telemetry-cursor-1"})",
                                    R"({"what":"holdfast-telemetry-cursor-1","next":[]})",
                                    R"({"what":"holdfast-telemetry-cursor-1","next":{"abc":1}})"}) {
        good(write_whole(file, bytes));
        BOOST_TEST((bad(Cursor::open(file)).code == Code::Corrupt));
        BOOST_TEST(good(read_whole(file)) == bytes);
    }
}
