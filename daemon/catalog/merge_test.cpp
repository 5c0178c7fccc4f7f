#include "catalog/merge.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

using namespace holdfast;
using namespace holdfast::catalog;

namespace {

constexpr std::uint32_t nodes = 5;
constexpr std::int64_t year = 365LL * 86'400'000;

const std::vector<Digest> ranks = [] {
    std::vector<Digest> all;
    for (std::uint32_t i = 0; i < nodes; ++i) all.push_back(sha256("node " + std::to_string(i)));
    return all;
}();

// As it travels: owns what a Change looks at.
struct Message {
    bool removes = false;
    Dot dot;
    feed::Stamp at;
    std::string path;
    std::optional<std::string> value;
    std::vector<Dot> dots;  // over, or seen

    void apply_to(Merged& merged) const {
        if (removes)
            merged.apply(Removal{dots});
        else
            merged.apply(Change{dot, at, path, value, dots});
    }
};

// A node that writes what it sees differently.
struct Node {
    std::uint32_t number;
    std::int64_t clock_error = 0;
    Merged merged = {};
    feed::Stamp last = {};
    std::uint64_t next = 0;

    Message set(const std::string& path, std::optional<std::string> value, std::int64_t now = 1000) {
        last = feed::after(last, now + clock_error);
        Message made{false, {number, next++}, last, path, std::move(value), merged.seen_at(path, number)};
        made.apply_to(merged);
        return made;
    }
    Message remove() {
        Message made{true, {number, next++}, {}, {}, {}, merged.seen()};
        made.apply_to(merged);
        return made;
    }
    void take(const Message& message) {
        message.apply_to(merged);
        last = std::max(last, message.at);
    }
    std::string value(const std::string& path) const {
        const Field* field = merged.field(path);
        if (field == nullptr || field->versions.empty()) return "";
        return Merged::winner(*field, ranks).value.value_or("");
    }
};

Merged merged_of(const std::vector<Message>& all) {
    Merged merged;
    for (const auto& each : all) each.apply_to(merged);
    return merged;
}

// Nodes that change what they see, and hear of some of what the others did, in any order. Gives all that was done.
std::vector<Message> random_history(std::mt19937& random, std::vector<Node>& all, int steps) {
    std::vector<Message> done;
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    for (int i = 0; i < steps; ++i) {
        Node& node = all[below(all.size())];
        const std::string path = "/spec/" + std::to_string(below(4));
        const std::size_t what = below(20);
        if (what == 0)
            done.push_back(node.remove());
        else if (what < 8)
            done.push_back(node.set(path, std::to_string(below(6)), 1000 + i));
        else if (what < 10)
            done.push_back(node.set(path, std::nullopt, 1000 + i));
        else if (!done.empty())
            node.take(done[below(done.size())]);
    }
    return done;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_later_value_takes_the_place_of_one_that_was_seen) {
    Node a{0}, b{1};
    b.take(a.set("/spec/owner", "one"));
    a.take(b.set("/spec/owner", "two"));
    BOOST_TEST(a.value("/spec/owner") == "two");
    BOOST_TEST(!Merged::in_conflict(*a.merged.field("/spec/owner")));
    BOOST_TEST((a.merged == b.merged));
}

BOOST_AUTO_TEST_CASE(what_was_written_at_the_same_time_is_a_conflict_until_somebody_decides) {
    Node a{0}, b{1};
    const auto one = a.set("/spec/owner", "one", 1000), two = b.set("/spec/owner", "two", 2000);
    a.take(two);
    b.take(one);
    const Field& field = *a.merged.field("/spec/owner");
    BOOST_TEST(Merged::in_conflict(field));
    BOOST_TEST(a.value("/spec/owner") == "two");
    const auto decided = b.set("/spec/owner", "one", 500);
    a.take(decided);
    BOOST_TEST(a.value("/spec/owner") == "one");
    BOOST_TEST(!Merged::in_conflict(*a.merged.field("/spec/owner")));
    BOOST_TEST((a.merged == b.merged));
    // What was decided on does not come back.
    a.take(one);
    a.take(two);
    BOOST_TEST(a.value("/spec/owner") == "one");
    // Nor where it comes first: what replaced it says so by itself.
    Node late{2};
    late.take(decided);
    late.take(one);
    late.take(two);
    BOOST_TEST((late.merged == a.merged));
}

BOOST_AUTO_TEST_CASE(the_same_value_from_two_is_no_conflict) {
    Node a{0}, b{1};
    const auto one = a.set("/spec/owner", "one");
    b.set("/spec/owner", "one");
    b.take(one);
    BOOST_TEST(!Merged::in_conflict(*b.merged.field("/spec/owner")));
}

BOOST_AUTO_TEST_CASE(of_two_with_one_stamp_the_higher_rank_counts_everywhere) {
    Node a{0}, b{1};
    const auto one = a.set("/x", "one"), two = b.set("/x", "two");
    a.take(two);
    b.take(one);
    BOOST_TEST(a.value("/x") == (ranks[0] > ranks[1] ? "one" : "two"));
    BOOST_TEST(a.value("/x") == b.value("/x"));
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_years_ahead_or_behind_does_not_win_over_who_has_seen_it) {
    Node ahead{0, 30 * year}, behind{1, -30 * year};
    behind.take(ahead.set("/x", "of the future"));
    ahead.take(behind.set("/x", "of today"));
    BOOST_TEST(ahead.value("/x") == "of today");
    BOOST_TEST(behind.value("/x") == "of today");
}

BOOST_AUTO_TEST_CASE(what_nobody_saw_survives_a_removal) {
    Node a{0}, b{1};
    b.take(a.set("/spec/owner", "one"));
    const auto removed = a.remove();
    const auto meanwhile = b.set("/spec/type", "service");
    BOOST_TEST(!a.merged.exists(ranks));
    a.take(meanwhile);
    b.take(removed);
    BOOST_TEST((a.merged == b.merged));
    BOOST_TEST(a.merged.exists(ranks));
    BOOST_TEST(a.value("/spec/owner") == "");
    BOOST_TEST(a.value("/spec/type") == "service");
    // It can be made anew.
    b.take(a.set("/spec/owner", "two"));
    BOOST_TEST(b.value("/spec/owner") == "two");
}

BOOST_AUTO_TEST_CASE(the_laws_hold_for_random_histories) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            std::mt19937 random(seed);
            std::vector<Node> all;
            for (std::uint32_t i = 0; i < nodes; ++i)
                all.push_back({i, (static_cast<std::int64_t>(random() % 61) - 30) * year});
            auto done = random_history(random, all, 120);
            const Merged whole = merged_of(done);
            // In any order, and any number of times.
            auto twice = done;
            twice.insert(twice.end(), done.begin(), done.end());
            for (int i = 0; i < 3; ++i) {
                std::ranges::shuffle(twice, random);
                BOOST_TEST_REQUIRE((merged_of(twice) == whole));
            }
            // Whoever has heard of some of it comes to the same by the rest.
            for (auto& node : all) {
                std::ranges::shuffle(done, random);
                for (const auto& each : done) node.take(each);
                BOOST_TEST_REQUIRE((node.merged == whole));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_gone_is_dropped_once_all_have_passed_it) {
    Node a{0}, b{1};
    b.take(a.set("/x", "one"));
    a.take(b.set("/x", std::nullopt));
    const std::vector<std::uint64_t> not_yet{1, 0}, passed{1, 1};
    a.merged.collect(not_yet);
    BOOST_TEST(a.merged.field("/x") != nullptr);
    a.merged.collect(passed);
    BOOST_TEST(a.merged.field("/x") == nullptr);
    a.set("/y", "two");
    a.remove();
    const std::vector<std::uint64_t> all{9, 9};
    a.merged.collect(all);
    BOOST_TEST((a.merged == Merged()));
}
