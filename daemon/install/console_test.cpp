#include "install/console.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <sys/socket.h>

namespace {

using namespace holdfast;
using namespace holdfast::install;
using namespace std::chrono_literals;

// A terminal whose other end is in our hands.
struct Line {
    Fd ours;
    Console console = make();

    Console make() {
        int ends[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        ours = Fd(ends[0]);
        std::vector<Fd> terminals;
        terminals.emplace_back(ends[1]);
        return Console(std::move(terminals));
    }
    void type(std::string_view words) const {
        BOOST_REQUIRE(::write(ours.number(), words.data(), words.size()) == static_cast<ssize_t>(words.size()));
    }
    // Reads until the text was shown; the test's time limit ends it where it never is.
    std::string shown(std::string_view text) {
        std::string bytes;
        while (!bytes.contains(text)) {
            char buffer[256];
            const ssize_t n = ::read(ours.number(), buffer, sizeof buffer);
            BOOST_REQUIRE(n > 0);
            bytes.append(buffer, static_cast<std::size_t>(n));
        }
        return bytes;
    }
};

void nobody(const std::string&) {}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_question_is_answered_by_one_line, Line) {
    type("  vda \r");
    BOOST_TEST(console.ask("Which?").value() == "vda");
    BOOST_TEST(shown("Which?").contains("Which? "));
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
