#include "sync/exchange.hpp"

#include "base/cbor.hpp"
#include "sync/filling.hpp"
#include "sync/test_box.hpp"
#include "sync/verify.hpp"

#include <random>

using namespace holdfast;
using namespace holdfast::sync;
using namespace holdfast::sync::test;

namespace {

struct Place {
    Scratch scratch = good(Scratch::make("sync"));
    Trust trust;
    Box a{trust, scratch.path() / "a", "north", "one"}, b{trust, scratch.path() / "b", "north", "two"},
        c{trust, scratch.path() / "c", "south", "three"};

    // A batch of a's, signed by the same key, with another past.
    fs::path another_past() const {
        const auto which = a.node.feed(feed::Class::Catalog);
        auto other = good(feed::Store::open(scratch.path() / "other.db"));
        const feed::Draft draft{"audit.event", "another past"};
        good(other.append(which, {&draft, 1}, 1));
        good(other.close(which, a.node.sign()));
        auto file = good(BatchFile::begin(scratch.path() / "forked"));
        auto writer = good(BatchWriter::begin(file.put(), {a.node.origin(), now + 1, UINT64_C(1) << 50U}));
        good(other.segments(which, 0, [&](std::string_view each) { return writer.add_segment(each); }));
        good(writer.finish({}, a.node.sign()));
        good(file.finish());
        return scratch.path() / "forked";
    }
};

std::string bytes_of(const fs::path& file) {
    return good(read_whole(file));
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_one_has_said_is_there_where_its_batch_was_taken_in_once_or_twice, Place) {
    a.apply("pump", "moves water");
    const auto files = a.write();
    BOOST_REQUIRE(files.size() == 1);
    const auto first = b.take(files[0]);
    BOOST_TEST((first.sender == a.node.origin()));
    BOOST_TEST(first.fresh == 1);
    BOOST_TEST(first.refused.empty());
    BOOST_TEST(b.take(files[0]).known == 1);
    BOOST_TEST(a.dump() == b.dump());
    const auto known = good(b.nodes.find(a.node.origin()));
    BOOST_REQUIRE(known.has_value());
    BOOST_TEST(known->id == "spiffe://example.net/site/north/box/one");
    BOOST_TEST(known->heard == now);
    BOOST_TEST(known->have.size() == 1);
}

BOOST_FIXTURE_TEST_CASE(a_third_gets_the_feed_of_the_first_through_the_second, Place) {
    a.apply("pump", "from a");
    b.take(a.write()[0]);
    b.apply("well", "from b");
    c.take(b.write()[0]);
    BOOST_TEST(c.dump() == b.dump());
    BOOST_TEST(good(c.nodes.all()).size() == 2);
    BOOST_TEST(good(c.catalog.kept_out()).empty());
}

BOOST_FIXTURE_TEST_CASE(only_what_the_others_do_not_have_is_written_and_nothing_where_they_have_all, Place) {
    a.apply("pump", "one");
    b.take(a.write()[0]);
    a.apply("pump", "two");
    const auto files = a.write({good(have(b.feeds))});
    BOOST_REQUIRE(files.size() == 1);
    const auto taken = b.take(files[0]);
    BOOST_TEST(taken.fresh == 1);
    BOOST_TEST(taken.known == 0);
    BOOST_TEST(files[0] != a.write({good(have(b.feeds)), Vector()}, UINT64_MAX, now)[0]);  // nothing is written over
    BOOST_TEST(a.write({good(have(b.feeds))}).empty());
    // The least of several counts.
    BOOST_TEST(a.write({good(have(b.feeds)), Vector()}).size() == 1);
    BOOST_TEST(a.dump() == b.dump());
}

BOOST_FIXTURE_TEST_CASE(small_batches_are_whole_by_themselves_and_come_in_any_order, Place) {
    std::mt19937 random(5);
    for (int i = 0; i < 6; ++i) {
        std::string noise(20'000, ' ');
        for (auto& each : noise) each = static_cast<char>('a' + random() % 26);
        a.apply("part-" + std::to_string(i), noise);
        a.write({Vector()});  // signs what is there: one segment each
    }
    auto files = a.write({}, 20'000, now + 1);
    BOOST_TEST(files.size() > 2);
    for (const auto& each : files) BOOST_TEST(fs::file_size(each) < 60'000);
    std::ranges::reverse(files);
    std::uint64_t early = 0;
    for (const auto& each : files) early += b.take(each).early;
    BOOST_TEST(early > 0);
    BOOST_TEST(a.dump() == b.dump());
}

BOOST_FIXTURE_TEST_CASE(one_bit_or_one_byte_less_is_refused_and_what_was_believed_stays, Place) {
    a.apply("pump", "one");
    const auto file = a.write()[0];
    const std::string whole = bytes_of(file);
    const auto damaged = scratch.path() / "damaged";
    std::size_t refused = 0;
    for (std::size_t i = 0; i < whole.size(); i += 7) {
        std::string bytes = whole;
        bytes[i] = static_cast<char>(bytes[i] ^ 4);
        good(write_whole(damaged, bytes));
        auto mine = b.replica();
        refused += import_from(mine, damaged, now) ? 0 : 1;
    }
    BOOST_TEST(refused == (whole.size() + 6) / 7);
    for (const std::size_t cut : {std::size_t{0}, std::size_t{3}, whole.size() / 2, whole.size() - 1}) {
        good(write_whole(damaged, whole.substr(0, cut)));
        BOOST_TEST((b.refuse(damaged).code == Code::Corrupt));
    }
    good(write_whole(damaged, whole + "x"));
    BOOST_TEST(b.refuse(damaged).what.contains("behind its end"));
    b.take(file);
    BOOST_TEST(a.dump() == b.dump());
}

BOOST_FIXTURE_TEST_CASE(a_head_of_four_gibibytes_is_refused_before_it_is_read, Place) {
    const auto file = scratch.path() / "large";
    good(write_whole(file, std::string("b\xff\xff\xff\xff", 5)));
    BOOST_TEST(b.refuse(file).what.contains("4294967295 bytes, refused"));
    good(write_whole(file, "something else"));
    BOOST_TEST((b.refuse(file).code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(strangers_and_those_who_were_taken_back_are_refused_by_name, Place) {
    const Trust others;
    Box stranger(others, scratch.path() / "stranger", "north", "one");
    stranger.apply("pump", "not ours");
    const auto error = b.refuse(stranger.write()[0]);
    BOOST_TEST((error.code == Code::Denied));
    BOOST_TEST(error.what.contains("known to nobody here"));
    BOOST_TEST(good(b.catalog.names()).empty());
    a.apply("pump", "ours");
    b.allowed = [](const std::vector<std::string>&) -> Result<> { return fail(Code::Denied, "it was revoked"); };
    BOOST_TEST(b.refuse(a.write()[0]).what.contains("known to nobody here"));
    BOOST_TEST(good(b.catalog.names()).empty());
    b.allowed = {};
    b.take(a.write()[0]);
    b.allowed = [](const std::vector<std::string>&) -> Result<> { return fail(Code::Denied, "it was revoked"); };
    const auto later = b.refuse(a.write()[0]);
    BOOST_TEST(later.what.contains("spiffe://example.net/site/north/box/one: it was revoked"));
}

BOOST_FIXTURE_TEST_CASE(a_node_that_signed_two_histories_is_told_and_both_are_kept, Place) {
    a.apply("pump", "one");
    b.take(a.write()[0]);
    const auto taken = b.take(another_past());
    BOOST_TEST(taken.forks == 1);
    BOOST_REQUIRE(taken.refused.size() == 1);
    BOOST_TEST(taken.refused[0].contains("two histories"));
    BOOST_TEST(good(b.feeds.forks()).size() == 1);
    BOOST_TEST(good(b.catalog.names()).size() == 1);
    // Nothing more comes from it until a person has looked.
    BOOST_TEST(taken.set_apart == std::vector<std::string>{"spiffe://example.net/site/north/box/one"});
    a.apply("well", "two");
    const auto later = a.write({}, UINT64_MAX, now + 2)[0];
    BOOST_TEST(b.take(later).refused.at(0).contains("is in quarantine here: its feed catalog has two histories"));
    BOOST_TEST(good(b.catalog.names()).size() == 1);
    BOOST_TEST(good(b.nodes.release(a.node.origin())));
    BOOST_TEST(b.take(later).refused.empty());
    BOOST_TEST(good(b.catalog.names()).size() == 2);
    BOOST_TEST(good(b.feeds.forks()).size() == 1);
}

BOOST_FIXTURE_TEST_CASE(what_a_node_had_to_drop_holds_up_nobody, Place) {
    const auto which = a.node.feed(feed::Class::Telemetry);
    for (int i = 0; i < 5; ++i) {
        const feed::Draft draft{"telemetry.window", "window " + std::to_string(i)};
        good(a.feeds.append(which, {&draft, 1}, now * 1000));
        good(a.feeds.close(which, a.node.sign()));
    }
    const auto lost = good(a.feeds.retain(a.node.origin(), good(a.feeds.size()) - 600, now * 1000));
    BOOST_TEST(!lost.empty());
    const auto taken = b.take(a.write()[0]);
    BOOST_TEST(taken.refused.empty());
    BOOST_TEST((good(b.feeds.lost()) == lost));
    BOOST_TEST(good(b.feeds.verify(which, a.node.public_key())).next == 5U);
    // And others hear it through b.
    c.take(b.write()[0]);
    BOOST_TEST(good(c.feeds.verify(which, a.node.public_key())).next == 5U);
}

BOOST_FIXTURE_TEST_CASE(what_is_gone_is_forgotten_once_all_who_write_there_have_heard_it, Place) {
    const std::string pump = "component:north/pump";
    a.apply("pump", "moves water");
    b.take(a.write()[0]);
    good(catalog::Author{a.catalog, a.feeds, a.node.origin(), "north", now * 1000 + 5}.remove(pump));
    const auto later = a.write({}, UINT64_MAX, now + 1)[0];
    auto mine = a.replica();
    // b has said nothing yet; then it has heard of the pump, but not of its end.
    a.take(b.write({}, UINT64_MAX, now + 2)[0]);
    BOOST_TEST(good(passed_by_all(mine, a.own(), "north")).at(a.node.origin()) == 1U);
    BOOST_TEST(good(a.catalog.collect("north", good(passed_by_all(mine, a.own(), "north")))) == 0U);
    BOOST_TEST((good(a.catalog.merged(pump)) != catalog::Merged()));
    b.take(later);
    b.apply("well", "of b");
    a.take(b.write({}, UINT64_MAX, now + 3)[0]);
    BOOST_TEST(good(a.catalog.collect("south", good(passed_by_all(mine, a.own(), "north")))) == 0U);
    BOOST_TEST(good(a.catalog.collect("north", good(passed_by_all(mine, a.own(), "north")))) == 1U);
    BOOST_TEST((good(a.catalog.merged(pump)) == catalog::Merged()));
    // What comes again is known, and what comes anew stands.
    a.take(later);
    BOOST_TEST(good(a.catalog.names()).size() == 1U);
    b.apply("pump", "another one");
    a.take(b.write({}, UINT64_MAX, now + 4)[0]);
    BOOST_TEST(a.dump() == b.dump());
}

BOOST_FIXTURE_TEST_CASE(a_batch_from_the_future_is_refused_by_name_and_taken_where_a_person_says_so, Place) {
    a.apply("pump", "one");
    const auto file = a.write({}, UINT64_MAX, now + 30 * 86'400)[0];
    const auto error = b.refuse(file);
    BOOST_TEST((error.code == Code::Denied));
    BOOST_TEST(error.what.contains("from the future: it says it was made on 2026-10-21"), error.what);
    BOOST_TEST(good(b.catalog.names()).empty());
    BOOST_TEST(b.take(file, Future::Taken).fresh == 1);
    BOOST_TEST(a.dump() == b.dump());
}

BOOST_FIXTURE_TEST_CASE(a_batch_of_a_later_format_is_told_as_such, Place) {
    const auto file = scratch.path() / "later";
    const std::string head = cbor::write(Json::array({"holdfast-batch-2", "whatever that has"}));
    good(write_whole(file, std::string("b\0\0\0", 4) + static_cast<char>(head.size()) + head));
    BOOST_TEST(b.refuse(file).what.contains("a newer Holdfast has made it"));
}

BOOST_FIXTURE_TEST_CASE(three_with_a_stick_alone_end_alike, Place) {
    std::mt19937 random(11);
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    Box d(trust, scratch.path() / "d", "north", "four");
    Box* all[] = {&a, &b, &d};
    std::vector<fs::path> stick;
    std::int64_t at = now;
    const auto visit = [&](Box& box) {
        for (const auto& each : stick) box.take(each);
        for (const auto& each : box.write({}, UINT64_MAX, ++at)) {
            const auto copy = scratch.path() / each.filename();
            if (below(4) > 0) stick.push_back(copy);  // else it is lost on the way
            fs::rename(each, copy);
        }
    };
    for (int step = 0; step < 60; ++step) {
        Box& box = *all[below(3)];
        box.apply("part-" + std::to_string(below(5)), std::to_string(below(100)),
                  now + static_cast<std::int64_t>(below(99'999'999)));
        if (below(4) == 0) visit(box);
    }
    for (int round = 0; round < 2; ++round)
        for (auto* each : all) {
            for (const auto& file : stick) each->take(file);
            for (const auto& file : each->write({}, UINT64_MAX, ++at)) stick.push_back(file);
        }
    for (auto* each : all)
        for (const auto& file : stick) each->take(file);
    BOOST_TEST(!a.dump().empty());
    BOOST_TEST(a.dump() == b.dump());
    BOOST_TEST(a.dump() == d.dump());
    for (auto* each : all)
        for (auto* other : all)
            good(each->feeds.verify(other->node.feed(feed::Class::Catalog), other->node.public_key()));
}

BOOST_FIXTURE_TEST_CASE(an_export_alone_proves_what_was_said_and_where_something_is_missing, Place) {
    std::vector<fs::path> files;
    for (int i = 0; i < 3; ++i) {
        a.apply("part-" + std::to_string(i), "words");
        const auto more = a.write({good(have(a.feeds))}, UINT64_MAX, now + i);
        files.insert(files.end(), more.begin(), more.end());
    }
    BOOST_REQUIRE(files.size() == 3);
    const auto all = verify(files, {trust.root});
    BOOST_TEST(all.whole());
    BOOST_REQUIRE(all.feeds.size() == 1);
    BOOST_TEST(all.feeds[0].id == "spiffe://example.net/site/north/box/one");
    BOOST_TEST(all.feeds[0].runs.front().next == 3);
    const auto some = verify({files[2], files[0]}, {trust.root});
    BOOST_TEST(!some.whole());
    BOOST_TEST(some.wrong.empty());
    BOOST_TEST(some.feeds[0].runs.size() == 2);
    const Trust others;
    const auto strange = verify(files, {others.root});
    BOOST_TEST(!strange.whole());
    BOOST_TEST(strange.feeds.empty());
    BOOST_TEST(strange.wrong.front().contains("batch"));
    good(write_whole(files[1], bytes_of(files[1]).substr(0, 900)));
    BOOST_TEST(verify(files, {trust.root}).wrong.size() == 1);
}

BOOST_FIXTURE_TEST_CASE(two_histories_are_proved_from_files_alone, Place) {
    a.apply("pump", "one");
    const auto first = a.write()[0];
    const auto found = verify({first, another_past()}, {trust.root});
    BOOST_TEST(!found.whole());
    BOOST_TEST(found.feeds[0].forked);
    BOOST_TEST(found.wrong[0].contains("two histories, which differ at record 0"));
}
