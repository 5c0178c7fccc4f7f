#include "vm/verdict.hpp"

#include <array>
#include <boost/test/unit_test.hpp>

using namespace holdfast;
using vm::parse_verdict;

namespace {
constexpr auto green =
    "holdfast: verdict green slot=a tries_left=2 board=generic-x86-64 profile=dev version=0.1.0 checks=5/5";
}

BOOST_AUTO_TEST_CASE(a_green_line) {
    const auto verdict = parse_verdict(green);
    BOOST_REQUIRE(verdict);
    BOOST_TEST(verdict->green());
    BOOST_TEST(verdict->slot == "a");
    BOOST_TEST(verdict->tries_left.value() == 2);
    BOOST_TEST(verdict->board == "generic-x86-64");
    BOOST_TEST(verdict->version == "0.1.0");
    BOOST_TEST(verdict->healthy == 5);
    BOOST_TEST(verdict->checks == 5);
}

BOOST_AUTO_TEST_CASE(found_behind_what_the_console_put_before_it) {
    const std::string line = "[   12.345678] " + std::string(green) + " later=word";
    BOOST_TEST(vm::is_verdict(line));
    BOOST_TEST(parse_verdict(line).has_value());
}

BOOST_AUTO_TEST_CASE(a_blessed_slot_has_no_counter) {
    const auto verdict = parse_verdict(
        "holdfast: verdict red slot=b tries_left=-1 board=unknown profile=unknown version=unknown checks=0/3");
    BOOST_REQUIRE(verdict);
    BOOST_TEST(!verdict->green());
    BOOST_TEST(!verdict->tries_left);
}

BOOST_AUTO_TEST_CASE(refused) {
    const std::array<std::string, 12> lines{
        "",
        "holdfast: check required tpm healthy 0.01s",
        "holdfast: verdict green",
        "holdfast: verdict blue slot=a tries_left=2 board=x profile=x version=x checks=5/5",
        "holdfast: verdict green slot=c tries_left=2 board=x profile=x version=x checks=5/5",
        "holdfast: verdict green slot=a tries_left=-2 board=x profile=x version=x checks=5/5",
        "holdfast: verdict green slot=a tries_left=2x board=x profile=x version=x checks=5/5",
        "holdfast: verdict green slot=a tries_left=2 board= profile=x version=x checks=5/5",
        "holdfast: verdict green slot=a tries_left=2 board=x profile=x version=x checks=6/5",
        "holdfast: verdict green slot=a slot=b tries_left=2 board=x profile=x version=x checks=5/5",
        "holdfast: verdict green slot=a tries_left=2 board=x profile=x version=x",
        "holdfast: verdict green " + std::string(2000, 'x'),
    };
    for (const auto& line : lines) BOOST_TEST(!parse_verdict(line), line);
}
