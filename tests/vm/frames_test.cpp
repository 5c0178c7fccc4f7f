#include "vm/frames.hpp"

#include <boost/test/unit_test.hpp>

using holdfast::vm::Frames;

BOOST_AUTO_TEST_CASE(pieces_become_frames) {
    Frames frames(100);
    BOOST_REQUIRE(frames.feed("{\"ret"));
    BOOST_TEST(!frames.next());
    BOOST_REQUIRE(frames.feed("urn\": 1}\r\n\n{}\n{"));
    BOOST_TEST(frames.next().value() == "{\"return\": 1}");
    BOOST_TEST(frames.next().value() == "{}");
    BOOST_TEST(!frames.next());
}

BOOST_AUTO_TEST_CASE(a_delimiter_drops_what_was_left_over) {
    Frames frames(100);
    BOOST_REQUIRE(frames.feed("{\"half\xff{\"return\": 7}\n"));
    BOOST_TEST(frames.next().value() == "{\"return\": 7}");
}

BOOST_AUTO_TEST_CASE(a_frame_over_the_limit_is_refused) {
    Frames frames(100);
    BOOST_TEST(frames.feed(std::string(100, 'x')).has_value());
    const auto over = frames.feed("x");
    BOOST_REQUIRE(!over);
    BOOST_TEST((over.error().code == holdfast::Code::Corrupt));
}

BOOST_AUTO_TEST_CASE(many_frames_at_once_are_limited_too) {
    Frames frames(10);
    std::string flood;
    for (int i = 0; i < 30; ++i) flood += "{}\n";
    BOOST_TEST(!frames.feed(flood));
}
