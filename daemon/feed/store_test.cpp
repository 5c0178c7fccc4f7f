#include "feed/store.hpp"

#include "base/in_child.hpp"
#include "base/scratch.hpp"
#include "feed/test_node.hpp"

using namespace holdfast;
using namespace holdfast::feed;

namespace {

constexpr std::int64_t now = 1'790'000'000'000;

struct Box {
    Scratch scratch = good(Scratch::make("feed"));
    TestNode node;

    Store open() const { return good(Store::open(scratch.path() / "feeds.db")); }
    End append(const std::vector<std::string>& payloads, std::int64_t at = now) const {
        std::vector<Draft> drafts;
        for (const auto& each : payloads) drafts.push_back({"audit.event", each});
        return good(open().append(node.feed(), drafts, at));
    }
    std::size_t close() const { return good(open().close(node.feed(), node.sign())); }
    std::vector<std::string> payloads(const Feed& feed, std::uint64_t from = 0) const {
        std::vector<std::string> all;
        good(open().read(feed, from, [&](const Record& record) -> Result<> {
            all.push_back(record.payload);
            return {};
        }));
        return all;
    }
    std::vector<std::string> segments(std::uint64_t from = 0) const {
        std::vector<std::string> all;
        good(open().segments(node.feed(), from, [&](std::string_view bytes) -> Result<> {
            all.emplace_back(bytes);
            return {};
        }));
        return all;
    }
    End verify(const Feed& feed) const { return good(open().verify(feed, node.public_key())); }
};

using Words = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_CASE(records_are_read_as_they_were_written_signed_or_not, Box) {
    append({"one", "two"});
    BOOST_TEST(close() == 1U);
    append({"three"});
    BOOST_TEST((payloads(node.feed()) == Words{"one", "two", "three"}));
    BOOST_TEST((payloads(node.feed(), 1) == Words{"two", "three"}));
    BOOST_TEST(segments().size() == 1U);
    const auto end = verify(node.feed());
    BOOST_TEST(end.next == 3U);
    BOOST_TEST(end.closed == 2U);
    BOOST_TEST(close() == 1U);
    BOOST_TEST(close() == 0U);
    BOOST_TEST(segments(2).size() == 1U);
    BOOST_TEST(segments(3).empty());
    BOOST_TEST((good(open().feeds()) == std::vector{node.feed()}));
}

BOOST_FIXTURE_TEST_CASE(stamps_only_go_on_also_across_feeds_and_wrong_clocks, Box) {
    const auto first = append({"one"}, now).at, second = append({"two"}, now - 1'000'000).at;
    BOOST_TEST((first == Stamp{now, 0}));
    BOOST_TEST((second == Stamp{now, 1}));
    const std::vector<Draft> draft{{"entity.set", "x"}};
    BOOST_TEST((good(open().append(node.feed(Class::Catalog), draft, now - 5)).at == Stamp{now, 2}));
}

BOOST_FIXTURE_TEST_CASE(drafts_over_a_limit_are_refused_whole, Box) {
    const std::vector<Draft> drafts{{"a", "good"}, {"a", std::string(payload_limit + 1, 'x')}};
    BOOST_TEST(bad(open().append(node.feed(), drafts, now)).what.contains("524288 are taken"));
    const std::vector<Draft> nameless{{"", "x"}};
    BOOST_TEST((bad(open().append(node.feed(), nameless, now)).code == Code::Corrupt));
    BOOST_TEST(payloads(node.feed()).empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_much_becomes_several_segments, Box) {
    for (int i = 0; i < 5; ++i) append({std::string(400'000, static_cast<char>('a' + i))});
    BOOST_TEST(close() == 3U);
    BOOST_TEST(verify(node.feed()).closed == 5U);
}

BOOST_FIXTURE_TEST_CASE(a_kill_at_any_step_loses_nothing_that_was_acknowledged, Box) {
    append({"zero"});
    for (const auto* point : {"feed.appended", "feed.durable"}) {
        BOOST_TEST(dying_at(point, 1, [&] { append({point}); }) == crashed);
        verify(node.feed());
    }
    BOOST_TEST((payloads(node.feed()) == Words{"zero", "feed.durable"}));
    for (const auto* point : {"feed.signed", "feed.closing", "feed.closed"}) {
        append({point});
        BOOST_TEST(dying_at(point, 1, [&] { close(); }) == crashed);
        verify(node.feed());
    }
    close();
    BOOST_TEST((payloads(node.feed()) == Words{"zero", "feed.durable", "feed.signed", "feed.closing", "feed.closed"}));
    BOOST_TEST(verify(node.feed()).closed == 5U);
}

BOOST_FIXTURE_TEST_CASE(segments_arrive_in_any_order_any_number_of_times, Box) {
    for (const auto* each : {"one", "two", "three", "four"}) {
        append({each});
        close();
    }
    auto all = segments();
    std::ranges::sort(all);
    do {
        const Box hub;
        auto store = hub.open();
        for (int round = 0; round < 2; ++round)
            for (const auto& each : all) good(store.receive(each, node.public_key()));
        BOOST_TEST((hub.payloads(node.feed()) == Words{"one", "two", "three", "four"}));
        BOOST_TEST((good(store.verify(node.feed(), node.public_key())).last == verify(node.feed()).last));
        BOOST_TEST(good(store.forks()).empty());
    } while (std::ranges::next_permutation(all).found);
}

BOOST_FIXTURE_TEST_CASE(what_comes_early_waits_and_is_not_read, Box) {
    for (const auto* each : {"one", "two", "three"}) {
        append({each});
        close();
    }
    const auto all = segments();
    const Box hub;
    auto store = hub.open();
    BOOST_TEST((good(store.receive(all[2], node.public_key())) == Taken::Early));
    BOOST_TEST((good(store.receive(all[2], node.public_key())) == Taken::Known));
    BOOST_TEST(hub.payloads(node.feed()).empty());
    BOOST_TEST((good(store.receive(all[0], node.public_key())) == Taken::New));
    BOOST_TEST((hub.payloads(node.feed()) == Words{"one"}));
    BOOST_TEST((good(store.receive(all[1], node.public_key())) == Taken::New));
    BOOST_TEST((hub.payloads(node.feed()) == Words{"one", "two", "three"}));
}

BOOST_FIXTURE_TEST_CASE(two_histories_of_one_node_are_both_kept_and_told, Box) {
    append({"one"});
    close();
    // A copy of its disk goes on by itself.
    const Box copy;
    std::filesystem::copy_file(scratch.path() / "feeds.db", copy.scratch.path() / "feeds.db");
    append({"two"});
    close();
    const std::vector<Draft> other{{"audit.event", "other"}};
    good(copy.open().append(node.feed(), other, now));
    good(copy.open().close(node.feed(), node.sign()));
    std::string theirs;
    good(copy.open().segments(node.feed(), 1, [&](std::string_view bytes) -> Result<> {
        theirs = bytes;
        return {};
    }));
    const Box hub;
    auto store = hub.open();
    for (const auto& each : segments()) BOOST_TEST((good(store.receive(each, node.public_key())) == Taken::New));
    for (int i = 0; i < 2; ++i) BOOST_TEST((good(store.receive(theirs, node.public_key())) == Taken::Fork));
    BOOST_TEST((hub.payloads(node.feed()) == Words{"one", "two"}));
    BOOST_TEST(good(store.end(node.feed()))->forked);
    const auto forks = good(store.forks());
    BOOST_TEST_REQUIRE(forks.size() == 1U);
    BOOST_TEST(forks.front().segment == theirs);
    BOOST_TEST(forks.front().first == 1U);
    good(store.verify(node.feed(), node.public_key()));
}

// How a hub sees that a box that says less than it has is a copy: by where what it says ends.
BOOST_FIXTURE_TEST_CASE(a_history_that_ends_otherwise_or_elsewhere_does_not_agree, Box) {
    append({"one", "two"});
    close();
    const auto two = verify(node.feed()).last;
    append({"three", "four"});
    close();
    const auto four = verify(node.feed()).last;
    const Box hub;
    auto store = hub.open();
    for (const auto& each : segments()) good(store.receive(each, node.public_key()));
    BOOST_TEST(good(store.agrees(node.feed(), 2, two)));
    BOOST_TEST(good(store.agrees(node.feed(), 4, four)));
    BOOST_TEST(!good(store.agrees(node.feed(), 2, four)));
    BOOST_TEST(!good(store.agrees(node.feed(), 3, four)));
    BOOST_TEST(!good(store.agrees(node.feed(), 4, two)));
    // More than is here is news.
    BOOST_TEST(good(store.agrees(node.feed(), 5, two)));
}

BOOST_FIXTURE_TEST_CASE(a_fork_that_came_early_is_seen_when_its_turn_comes, Box) {
    append({"one"});
    close();
    append({"two"});
    close();
    const auto ours = segments();
    // Its second record stands behind another first one.
    const Box copy;
    const std::vector<Draft> first{{"audit.event", "another"}}, second{{"audit.event", "two"}};
    for (const auto& each : {first, second}) {
        good(copy.open().append(node.feed(), each, now));
        good(copy.open().close(node.feed(), node.sign()));
    }
    std::vector<std::string> theirs;
    good(copy.open().segments(node.feed(), 0, [&](std::string_view bytes) -> Result<> {
        theirs.emplace_back(bytes);
        return {};
    }));
    const Box hub;
    auto store = hub.open();
    BOOST_TEST((good(store.receive(theirs[1], node.public_key())) == Taken::Early));
    BOOST_TEST((good(store.receive(ours[0], node.public_key())) == Taken::New));
    BOOST_TEST(good(store.end(node.feed()))->forked);
    BOOST_TEST((good(store.receive(ours[1], node.public_key())) == Taken::New));
    BOOST_TEST((hub.payloads(node.feed()) == Words{"one", "two"}));
}

BOOST_FIXTURE_TEST_CASE(a_kill_while_a_segment_comes_in_costs_nothing, Box) {
    append({"one"});
    close();
    const Box hub;
    for (const auto* point : {"feed.received", "feed.kept"})
        BOOST_TEST(dying_at(point, 1, [&] {
                       static_cast<void>(hub.open().receive(segments().front(), node.public_key()));
                   }) == crashed);
    BOOST_TEST((good(hub.open().receive(segments().front(), node.public_key())) == Taken::Known));
    BOOST_TEST((hub.payloads(node.feed()) == Words{"one"}));
}

BOOST_FIXTURE_TEST_CASE(what_was_changed_on_the_disk_is_seen, Box) {
    append({"one", "two"});
    close();
    append({"three"});
    const auto change = [&](const char* statement) {
        auto database = good(sqlite::Database::open(scratch.path() / "feeds.db", {}));
        good(database.run(statement));
    };
    change("UPDATE record SET payload = CAST('other' AS BLOB)");
    BOOST_TEST(bad(open().verify(node.feed(), {})).what.contains("it ends with record 3"));
    change("DELETE FROM record");
    BOOST_TEST(bad(open().verify(node.feed(), {})).what.contains("and 3 were written"));
    change("DELETE FROM segment");
    BOOST_TEST((bad(open().verify(node.feed(), {})).code == Code::Corrupt));
}

BOOST_AUTO_TEST_CASE(who_counts_on_the_next_number_is_told_where_another_one_has_it) {
    const Scratch scratch = good(Scratch::make("feed"));
    auto store = good(Store::open(scratch.path() / "feeds.db"));
    const Feed feed = TestNode().feed();
    const Draft draft{"audit.event", "x"};
    BOOST_TEST(good(store.append(feed, {&draft, 1}, 1000, 0)).next == 1U);
    BOOST_TEST((bad(store.append(feed, {&draft, 1}, 1000, 0)).code == Code::Busy));
    BOOST_TEST(good(store.end(feed)).value().next == 1U);
    BOOST_TEST(good(store.append(feed, {&draft, 1}, 1000, 1)).next == 2U);
}
