#include "vm/transcript.hpp"

#include <boost/test/unit_test.hpp>

using holdfast::vm::Transcript;

BOOST_AUTO_TEST_CASE(lines_come_in_pieces) {
    Transcript transcript;
    transcript.feed("Linux ver", 1.0);
    BOOST_TEST(transcript.end() == 0U);
    transcript.feed("sion 6.12\r\nlogin: ", 2.0);
    BOOST_TEST(transcript.end() == 1U);
    BOOST_TEST(transcript.at(0).text == "Linux version 6.12");
    BOOST_TEST(transcript.at(0).seconds == 2.0);
    BOOST_TEST(transcript.open_line() == "login: ");
}

BOOST_AUTO_TEST_CASE(escape_sequences_go_and_cursor_moves_end_a_line) {
    Transcript transcript;
    transcript.feed("\x1b[2J\x1b[01;01HBdsDxe: loading\x1b[0m Boot0001\x1b", 0);
    transcript.feed("[01;01Hnext\n", 0);
    BOOST_TEST(transcript.at(0).text == "BdsDxe: loading Boot0001");
    BOOST_TEST(transcript.at(1).text == "next");
}

BOOST_AUTO_TEST_CASE(an_endless_line_is_cut) {
    Transcript transcript;
    transcript.feed(std::string(Transcript::line_limit * 2 + 1, 'x'), 0);
    BOOST_TEST(transcript.end() == 2U);
    BOOST_TEST(transcript.open_line() == "x");
}

BOOST_AUTO_TEST_CASE(the_oldest_lines_are_forgotten) {
    Transcript transcript;
    for (std::size_t i = 0; i < Transcript::lines_kept + 10; ++i) transcript.feed(std::to_string(i) + "\n", 0);
    BOOST_TEST(transcript.first() == 10U);
    BOOST_TEST(transcript.at(10).text == "10");
}

BOOST_AUTO_TEST_CASE(last_words_pass_over_empty_lines) {
    Transcript transcript;
    transcript.feed("one\n\n\ntwo\nthree", 0);
    BOOST_TEST(transcript.last(2) == "two\nthree");
    BOOST_TEST(transcript.last(9) == "one\ntwo\nthree");
}
