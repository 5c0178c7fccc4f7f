#include "vm/terminal.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(what_is_typed_goes_through) {
    Keys keys;
    BOOST_TEST(keys.take("ls\r\x03") == "ls\r\x03");
    BOOST_TEST(!keys.left());
}

BOOST_AUTO_TEST_CASE(control_a_x_leaves_also_in_two_pieces) {
    Keys keys;
    BOOST_TEST(keys.take("a\x01") == "a");
    BOOST_TEST(!keys.left());
    BOOST_TEST(keys.take("x") == "");
    BOOST_TEST(keys.left());
}

BOOST_AUTO_TEST_CASE(control_a_twice_sends_one) {
    Keys keys;
    BOOST_TEST(keys.take("\x01\x01x") == "\x01x");
    BOOST_TEST(!keys.left());
}
