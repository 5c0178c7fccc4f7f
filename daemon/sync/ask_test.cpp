#include "sync/ask.hpp"

#include "sync/test_box.hpp"

#include <random>

using namespace holdfast;
using namespace holdfast::sync;
using namespace holdfast::sync::test;

namespace {

struct Line {
    Scratch scratch = good(Scratch::make("ask"));
    Trust trust;
    Box hub{trust, scratch.path() / "hub", std::string(identity::authority_site), "hub"},
        a{trust, scratch.path() / "a", "north", "one"}, b{trust, scratch.path() / "b", "north", "two"},
        c{trust, scratch.path() / "c", "south", "three"};
    std::string last;  // message

    Line() { good(hub.catalog.allow(hub.node.origin(), "*")); }
    Carry to_hub(std::int64_t at = now) {
        return [this, at](std::string_view message) -> Result<Carried> {
            last = message;
            auto mine = hub.replica();
            return TRY(answer(mine, hub.own(at), message, UINT64_MAX)).carried;
        };
    }
    Result<Heard> once(Box& box, const Carry& carry, std::uint64_t limit = 1'000'000,
                       const std::vector<std::string>& sites = {"north"}) {
        auto mine = box.replica();
        return ask(mine, box.own(), {.address = "https://hub", .limit = limit, .sites = sites}, carry);
    }
    // Until there is nothing more to say.
    unsigned all(Box& box, std::uint64_t limit = 1'000'000, const std::vector<std::string>& sites = {"north"}) {
        unsigned rounds = 1;
        while (good(once(box, to_hub(), limit, sites)).more) ++rounds;
        return rounds;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_one_says_reaches_the_others_of_its_site_through_the_hub_and_nobody_else, Line) {
    a.apply("pump", "of a");
    c.apply("crane", "of c");
    for (auto* each : {&a, &c, &b}) all(*each);
    BOOST_TEST(good(hub.catalog.names()).size() == 2U);
    BOOST_TEST(a.dump() == b.dump());
    BOOST_TEST(good(b.catalog.names()).size() == 1U);
    // Of all sites for who asks for them.
    all(b, 1'000'000, {"*"});
    BOOST_TEST(b.dump() == hub.dump());
}

BOOST_FIXTURE_TEST_CASE(what_the_authority_writes_counts_everywhere, Line) {
    a.apply("pump", "of a");
    all(a);
    good(catalog::Author{hub.catalog, hub.feeds, hub.node.origin(), "north", now * 1000}.apply(
        {{"apiVersion", "backstage.io/v1alpha1"},
         {"kind", "Component"},
         {"metadata", {{"name", "pump"}, {"description", "as the authority has it"}}},
         {"spec", {{"type", "service"}, {"lifecycle", "production"}, {"owner", "team"}}}}));
    for (auto* each : {&a, &b}) all(*each);
    BOOST_TEST(a.dump() == hub.dump());
    BOOST_TEST(b.dump() == hub.dump());
    BOOST_TEST(a.dump().contains("as the authority has it"));
    BOOST_TEST(good(a.catalog.kept_out()).empty());
}

BOOST_FIXTURE_TEST_CASE(nothing_goes_twice_and_a_large_backlog_goes_in_pieces, Line) {
    std::mt19937 random(5);
    for (int i = 0; i < 12; ++i) {
        std::string noise(20'000, ' ');
        for (auto& each : noise) each = static_cast<char>('a' + random() % 26);
        a.apply("part-" + std::to_string(i), noise);
        a.write({Vector()});  // signs what is there: one segment each
    }
    // First it only asks how far the hub is; then about three segments go at a time.
    BOOST_TEST(good(once(a, to_hub(), 40'000)).sent == 0U);
    BOOST_TEST(all(a, 40'000) >= 4U);
    BOOST_TEST(a.dump() == hub.dump());
    const auto idle = good(once(a, to_hub()));
    BOOST_TEST(idle.sent == 0U);
    BOOST_TEST(idle.taken.fresh == 0U);
    BOOST_TEST(idle.out < 2500U);
    BOOST_TEST(all(b, 40'000) >= 4U);
    BOOST_TEST(a.dump() == b.dump());
}

BOOST_FIXTURE_TEST_CASE(a_message_or_an_answer_that_is_lost_or_comes_twice_costs_nothing, Line) {
    all(a);
    a.apply("pump", "of a");
    const auto carry = to_hub();
    // The answer is lost, so it is said again.
    const Carry deaf = [&](std::string_view message) -> Result<Carried> {
        good(carry(message));
        return fail(Code::Offline, "the line is cut");
    };
    BOOST_TEST((bad(once(a, deaf)).code == Code::Offline));
    const auto again = good(once(a, to_hub()));
    BOOST_TEST(again.sent == 1U);
    BOOST_TEST(a.dump() == hub.dump());
    // Who repeats a message that somebody else has sent gets no answer, only the number that it would need.
    auto mine = hub.replica();
    const auto repeated = good(answer(mine, hub.own(), last, UINT64_MAX));
    BOOST_TEST(repeated.carried.bytes.empty());
    BOOST_TEST(repeated.carried.number >= 1U);
    // A node that lost its memory of numbers, and whose clock is behind, goes on above.
    for (const auto* each : {"nodes.db", "nodes.db-wal", "nodes.db-shm"}) fs::remove(a.folder / each);
    a.nodes = good(Nodes::open(a.folder / "nodes.db"));
    auto own = a.own();
    own.now = 1;
    auto of_a = a.replica();
    const auto heard = good(ask(of_a, own, {.address = "https://hub", .limit = 1000, .sites = {}}, to_hub()));
    BOOST_TEST(heard.taken.fresh == 0U);
}

BOOST_FIXTURE_TEST_CASE(strangers_and_boxes_that_pose_as_the_hub_are_refused, Line) {
    const Trust others;
    Box stranger(others, scratch.path() / "stranger", "north", "one");
    BOOST_TEST((bad(once(stranger, to_hub())).code == Code::Denied));
    BOOST_TEST(good(hub.nodes.all()).empty());
    const Carry to_box = [this](std::string_view message) -> Result<Carried> {
        auto mine = c.replica();
        return TRY(answer(mine, c.own(), message, UINT64_MAX)).carried;
    };
    BOOST_TEST(bad(once(a, to_box)).what.contains("site/south/box/three answers, which is no authority"));
    auto mine = hub.replica();
    a.apply("pump", "of a");
    const auto file = a.write()[0];
    BOOST_TEST(bad(answer(mine, hub.own(), good(read_whole(file)), UINT64_MAX)).what.contains("asks nothing"));
}
