#include "catalog/change.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

using namespace holdfast;
using namespace holdfast::catalog;

namespace {

const std::vector<Seen> some{{sha256("a"), 7}, {sha256("b"), 1ULL << 39U}};

std::string a_change() {
    return write_change({"component:default/pump",
                         {{"/spec/owner", "\x61x", {}}, {"/spec/type", std::nullopt, some}, {"", "", {some.front()}}}});
}

}  // namespace

BOOST_AUTO_TEST_CASE(changes_and_removals_come_back_as_they_were) {
    const std::string bytes = a_change();
    const auto change = parse_change(bytes).value();
    BOOST_TEST(change.entity == "component:default/pump");
    BOOST_TEST_REQUIRE(change.fields.size() == 3U);
    BOOST_TEST(change.fields[0].path == "/spec/owner");
    BOOST_TEST(change.fields[0].value.value() == "\x61x");
    BOOST_TEST(change.fields[0].over.empty());
    BOOST_TEST(!change.fields[1].value.has_value());
    BOOST_TEST((change.fields[1].over == some));
    BOOST_TEST(change.fields[2].value.value().empty());
    BOOST_TEST(write_change(change) == bytes);
    const std::string removal = write_removal({"user:default/ada", some});
    BOOST_TEST((parse_removal(removal).value().seen == some));
    BOOST_TEST(parse_removal(removal).value().entity == "user:default/ada");
}

BOOST_AUTO_TEST_CASE(what_is_cut_or_has_something_behind_it_is_refused) {
    const std::string bytes = a_change();
    for (std::size_t i = 0; i < bytes.size(); ++i) BOOST_TEST(!parse_change(bytes.substr(0, i)).has_value());
    BOOST_TEST(!parse_change(bytes + "x").has_value());
    BOOST_TEST(!parse_removal(bytes).has_value());
    for (const std::string_view other : {std::string_view("\x80", 1), {"\x82\x61x\x81\x80", 5}, {"\x82\x61x\xa0", 4}})
        BOOST_TEST(!parse_change(other).has_value());
    BOOST_TEST(!parse_change(write_removal({"user:default/ada", some})).has_value());
}

BOOST_AUTO_TEST_CASE(a_head_that_is_longer_than_it_need_be_or_tells_no_length_is_refused) {
    for (const std::string_view other : {std::string_view("\x82\x61x\x80", 4),
                                         {"\x82\x78\x01x\x80", 5},
                                         {"\x98\x02\x61x\x80", 5},
                                         {"\x82\x7f\x61x\xff\x80", 6},
                                         {"\x82\x61x\x9f\xff", 5}})
        BOOST_TEST(parse_change(other).has_value() == (other.size() == 4));
}

BOOST_AUTO_TEST_CASE(any_other_bytes_are_read_or_refused) {
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes = a_change();
        for (int j = 0; j < 3; ++j) bytes[random() % bytes.size()] = static_cast<char>(random());
        static_cast<void>(parse_change(bytes));
        static_cast<void>(parse_removal(bytes));
    }
}
