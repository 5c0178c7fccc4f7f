#include "base/text.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;

BOOST_AUTO_TEST_CASE(the_nearest_name_is_what_was_meant) {
    const std::vector<std::string> boards{"generic-x86-64", "advantech-poc-8", "jetson-orin"};
    BOOST_TEST(nearest("generic-x86_64", boards) == "generic-x86-64");
    BOOST_TEST(nearest("advantec-poc8", boards) == "advantech-poc-8");
    BOOST_TEST(nearest("raspberry", boards).empty());
}

BOOST_AUTO_TEST_CASE(splitting_and_joining_are_inverse) {
    BOOST_TEST(join(split("a,,b", ','), ",") == "a,,b");
    BOOST_TEST(split("a,,b", ',').size() == 3U);
    BOOST_TEST(split("", ',').size() == 1U);
}

BOOST_AUTO_TEST_CASE(bytes_become_hex) {
    const unsigned char bytes[] = {0x00, 0x7f, 0xff};
    BOOST_TEST(hex(bytes) == "007fff");
    BOOST_TEST(unhex("007fFF").value() == std::string("\0\x7f\xff", 3));
    BOOST_TEST(unhex("").value() == "");
    for (const auto* wrong : {"0", "0g", "-1", "+1", " 1", "0x"}) BOOST_TEST(!unhex(wrong));
}

BOOST_AUTO_TEST_CASE(only_well_formed_characters_stay) {
    const std::string good = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x99\x82";
    BOOST_TEST(valid_utf8(good) == good);
    const std::string bad = "\xEF\xBF\xBD";
    BOOST_TEST(valid_utf8("a\xFFz") == "a" + bad + "z");
    BOOST_TEST(valid_utf8("\xC0\x80") == bad + bad);            // a longer form than needed
    BOOST_TEST(valid_utf8("\xED\xA0\x80") == bad + bad + bad);  // a surrogate
    BOOST_TEST(valid_utf8("\xF4\x90\x80\x80").size() == 12U);   // past U+10FFFF
    BOOST_TEST(valid_utf8("\xE2\x82") == bad + bad);            // cut short
    BOOST_TEST(valid_utf8("") == "");
}
