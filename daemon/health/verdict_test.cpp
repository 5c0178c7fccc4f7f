#include "health/verdict.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace holdfast::health;

BOOST_AUTO_TEST_CASE(only_a_sick_required_check_is_red) {
    const Outcome good{.name = "good"}, blind{.name = "blind", .answer = Answer::CannotTell};
    const Outcome wanted{.name = "w", .kind = Kind::Wanted, .answer = Answer::Sick};
    const Outcome sick{.name = "s", .answer = Answer::Sick};
    BOOST_TEST((decide({}) == Verdict::Green));
    BOOST_TEST((decide(std::vector{good, blind, wanted}) == Verdict::Green));
    BOOST_TEST((decide(std::vector{good, sick, blind}) == Verdict::Red));
}

BOOST_AUTO_TEST_CASE(exits_are_answers) {
    BOOST_TEST((answer_of_exit(0) == Answer::Healthy));
    BOOST_TEST((answer_of_exit(75) == Answer::CannotTell));
    for (const int exit : {1, 2, 74, 76, 126, 127, 137, 255}) BOOST_TEST((answer_of_exit(exit) == Answer::Sick));
}

BOOST_AUTO_TEST_CASE(the_explanation_names_every_cause) {
    const std::vector<Outcome> all{{.name = "a.sh"},
                                   {.name = "b.sh", .answer = Answer::CannotTell, .last_words = "no network"},
                                   {.name = "c.sh", .answer = Answer::Sick, .last_words = "disk is full"},
                                   {.name = "d.sh", .kind = Kind::Wanted, .answer = Answer::Sick}};
    BOOST_TEST(explain(all) ==
               "1 of 4 checks healthy; required c.sh is sick: disk is full; wanted d.sh is sick; "
               "required b.sh cannot tell: no network");
    BOOST_TEST(explain({}) == "there is no check");
}

BOOST_AUTO_TEST_CASE(last_lines) {
    BOOST_TEST(last_line("one\ntwo \n\n") == "two");
    BOOST_TEST(last_line("") == "");
    BOOST_TEST(last_line(" \n\t\n") == "");
    BOOST_TEST(last_line("\x1b[31mred\x1b[0m\r\n") == "[31mred [0m");
    BOOST_TEST(last_line(std::string(9000, 'x')).size() == last_words_limit);
    std::string umlauts;
    for (int i = 0; i < 400; ++i) umlauts += "ä";
    BOOST_TEST(last_line("x" + umlauts).size() == last_words_limit - 1);
}

BOOST_AUTO_TEST_CASE(words_and_back) {
    for (const auto kind : {Kind::Required, Kind::Wanted}) BOOST_TEST((parse_kind(text(kind)) == kind));
    for (const auto answer : {Answer::Healthy, Answer::Sick, Answer::CannotTell})
        BOOST_TEST((parse_answer(text(answer)) == answer));
    for (const auto verdict : {Verdict::Unknown, Verdict::Green, Verdict::Red})
        BOOST_TEST((parse_verdict(text(verdict)) == verdict));
    BOOST_TEST(!parse_answer("fine").has_value());
}
