#include "feed/segment.hpp"

#include "base/cbor.hpp"
#include "feed/packing.hpp"
#include "feed/test_node.hpp"

#include <zstd.h>

using namespace holdfast;
using namespace holdfast::feed;

namespace {

struct World {
    TestNode node;
    std::vector<Record> records = some_records(0, 10);
    std::string bytes = good(write_segment(node.feed(), Digest{}, records, node.sign()));

    // With the parts of its CBOR changed.
    std::string changed(const std::function<void(Json&)>& change) const {
        Json all = good(cbor::parse(bytes, segment_limit));
        change(all);
        return cbor::write(all);
    }
    // With one member of its head changed.
    std::string with_head(std::size_t at, const Json& value) const {
        return changed([&](Json& all) {
            const auto& head = all[0].get_binary();
            Json members = good(cbor::parse({reinterpret_cast<const char*>(head.data()), head.size()}, 4096));
            members[at] = value;
            all[0] = cbor::binary(cbor::write(members));
        });
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_stamp_is_after_what_caused_it_whatever_the_clock_says) {
    BOOST_TEST((after({1000, 3}, 2000) == Stamp{2000, 0}));
    BOOST_TEST((after({1000, 3}, 1000) == Stamp{1000, 4}));
    BOOST_TEST((after({1000, 3}, 5) == Stamp{1000, 4}));
    BOOST_TEST((after({1000, 0xffffffffU}, 5) == Stamp{1001, 0}));
}

BOOST_AUTO_TEST_CASE(a_class_that_is_none_is_told_with_those_that_are) {
    for (const auto* word : {"audit", "catalog", "actions", "health", "telemetry"})
        BOOST_TEST(text(good(parse_class(word))) == word);
    BOOST_TEST(bad(parse_class("audits")).what.contains("audit, catalog, actions, health, telemetry"));
}

BOOST_AUTO_TEST_CASE(the_chain_binds_all_of_a_record) {
    const TestNode node;
    const Record record{3, {5, 1}, "a", "b"};
    const auto with = [&](auto change) {
        auto other = record;
        change(other);
        return chained(node.feed(), Digest{}, other);
    };
    std::vector all{
        chained(node.feed(), Digest{}, record),       chained(node.feed(Class::Catalog), Digest{}, record),
        chained(TestNode().feed(), Digest{}, record), chained(node.feed(), sha256("x"), record),
        with([](Record& r) { r.sequence = 4; }),      with([](Record& r) { r.at.wall = -5; }),
        with([](Record& r) { r.at.count = 2; }),      with([](Record& r) { r.type = "ab", r.payload = ""; }),
        with([](Record& r) { r.payload = "c"; })};
    std::ranges::sort(all);
    BOOST_TEST((std::ranges::adjacent_find(all) == all.end()));
}

BOOST_FIXTURE_TEST_CASE(records_come_back_as_they_were, World) {
    const auto segment = good(parse_segment(bytes));
    BOOST_TEST((segment.head.feed == node.feed()));
    BOOST_TEST((good(unpack(segment)) == records));
    good(check_signature(segment, node.public_key()));
    BOOST_TEST(bytes.size() < 600U);
}

BOOST_FIXTURE_TEST_CASE(records_of_any_bytes_are_taken, World) {
    records = some_records(7, 3);
    records[0].at = {-62'135'596'800'000, 0};
    records[1].payload = std::string("\0\xff\n", 3);
    records[2].payload = std::string(payload_limit, 'x');
    records[2].at.count = 0xffffffffU;
    const auto made = good(write_segment(node.feed(Class::Catalog), sha256("x"), records, node.sign()));
    BOOST_TEST((good(unpack(good(parse_segment(made)))) == records));
}

// Some bits of a compressed frame mean nothing: what counts is what it unpacks to.
BOOST_FIXTURE_TEST_CASE(with_one_bit_changed_no_other_record_is_believed, World) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string other = bytes;
        other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
        const auto segment = parse_segment(other);
        if (!segment || !check_signature(*segment, node.public_key())) continue;
        BOOST_TEST((unpack(*segment).value_or(records) == records), "bit " << bit);
    }
}

BOOST_FIXTURE_TEST_CASE(another_node_s_key_is_refused, World) {
    const auto segment = good(parse_segment(bytes));
    BOOST_TEST((bad(check_signature(segment, TestNode().public_key())).code == Code::Denied));
    const auto forged = good(write_segment(node.feed(), Digest{}, records, TestNode().sign()));
    BOOST_TEST(bad(check_signature(good(parse_segment(forged)), node.public_key())).what.contains("has not signed"));
}

BOOST_FIXTURE_TEST_CASE(a_head_that_says_too_much_is_refused_before_anything_is_unpacked, World) {
    for (const auto& [at, value] : {std::pair{4U, Json(1ULL << 40U)}, std::pair{5U, Json(4ULL << 30U)},
                                    std::pair{5U, Json(segment_records + 1)}, std::pair{5U, Json(0U)}})
        BOOST_TEST((bad(parse_segment(with_head(at, value))).code == Code::Corrupt));
    BOOST_TEST(bad(parse_segment(with_head(1, Json(2U)))).what.contains("a segment of format 2"));
    BOOST_TEST(bad(parse_segment(with_head(3, Json("audits")))).what.contains("no class of feeds"));
    BOOST_TEST(bad(parse_segment(with_head(0, Json("other")))).what.contains("no segment"));
    BOOST_TEST((bad(parse_segment(std::string(segment_limit + 1, 'x'))).code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(packed_bytes_that_say_they_are_four_gibibytes_are_refused, World) {
    // A frame's head (RFC 8878, section 3.1.1): magic number, single segment with 8 bytes of size.
    std::string frame("\x28\xb5\x2f\xfd\xe0", 5);
    for (unsigned i = 0; i < 8; ++i) frame += static_cast<char>(i == 4 ? 1 : 0);
    const auto huge = changed([&](Json& all) { all[2] = cbor::binary(frame); });
    BOOST_TEST(bad(unpack(good(parse_segment(huge)))).what.contains("they say that they are 4294967296 bytes"));
}

BOOST_FIXTURE_TEST_CASE(records_with_a_gap_or_none_make_no_segment, World) {
    BOOST_TEST((bad(write_segment(node.feed(), Digest{}, {}, node.sign())).code == Code::Corrupt));
    records.erase(records.begin() + 3);
    BOOST_TEST(bad(write_segment(node.feed(), Digest{}, records, node.sign())).what.contains("with a gap"));
}

BOOST_FIXTURE_TEST_CASE(records_that_go_back_in_time_are_refused, World) {
    std::swap(records[3].at, records[4].at);
    const auto made = good(write_segment(node.feed(), Digest{}, records, node.sign()));
    BOOST_TEST(bad(unpack(good(parse_segment(made)))).what.contains("record 4 is dated before the one before it"));
}
