#include "install/console_fixture.hpp"

#include <future>

namespace {

using namespace holdfast;
using namespace holdfast::install;
using namespace std::chrono_literals;

void nobody(const std::string&) {}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_question_is_answered_by_one_line, Line) {
    type("  vda \r");
    BOOST_TEST(console.ask("Which?").value() == "vda");
    BOOST_TEST(shown("Which? ") == "Which? ");
    type(std::string(300, 'x'));
    BOOST_TEST((console.ask("Which?").error().code == Code::Corrupt));
    ours.close();
    BOOST_TEST((console.ask("Which?").error().code == Code::Offline));
}

BOOST_FIXTURE_TEST_CASE(steps_and_percentages_are_lines, Line) {
    ConsoleReport report(console, nobody, {.line = 0s});
    report.step("counting");
    report.advance(1, 4);
    BOOST_TEST(shown("25 %").contains("holdfast-install: counting\r\n\rholdfast-install: counting: 25 %"));
}

BOOST_FIXTURE_TEST_CASE(a_step_that_stands_still_says_so_again_and_again_and_is_given_up, Line) {
    std::promise<std::string> given_up;
    ConsoleReport report(console, [&](const std::string& step) { given_up.set_value(step); },
                         {.word = 20ms, .end = 200ms});
    report.step("waiting for a stick");
    shown("waiting for a stick: no progress");
    shown("turn the computer off");
    shown("waiting for a stick: no progress");
    BOOST_TEST(given_up.get_future().get() == "waiting for a stick");
}

BOOST_AUTO_TEST_CASE(a_secret_is_shown_nowhere_and_what_follows_is_again) {
    Line line(Line::Kind::Terminal);
    auto hidden = std::async(std::launch::async, [&] { return line.console.ask_hidden("PIN?"); });
    line.shown("PIN? ");
    line.type("246810\r");
    BOOST_TEST(hidden.get().value() == "246810");
    auto open = std::async(std::launch::async, [&] { return line.console.ask("Name?"); });
    const auto after = line.shown("Name? ");
    BOOST_TEST(!after.contains("246810"));
    line.type("bay-7\r");
    BOOST_TEST(open.get().value() == "bay-7");
    line.shown("bay-7");
}

// Whoever is asked may take all day; what moves may take as long as it moves.
BOOST_FIXTURE_TEST_CASE(neither_rest_nor_progress_is_standing_still, Line) {
    bool stuck = false;
    {
        ConsoleReport report(console, [&](const std::string&) { stuck = true; }, {.line = 1h, .word = 1s, .end = 1s});
        const auto begun = ConsoleReport::Clock::now();
        report.step("moving");
        while (ConsoleReport::Clock::now() - begun < 1500ms) report.advance(1, 2);
        report.rest();
    }
    BOOST_TEST(!stuck);
    console.say("end");
    BOOST_TEST(!shown("end").contains("no progress"));
}
