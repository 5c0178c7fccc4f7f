#include "update/window.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using update::Window;

namespace {

constexpr unsigned at(unsigned day, unsigned hour, unsigned minute = 0) {
    return (day * 24 + hour) * 60 + minute;
}
constexpr unsigned monday = 0, tuesday = 1, saturday = 5, sunday = 6;

}  // namespace

BOOST_AUTO_TEST_CASE(no_window_is_always_open) {
    BOOST_TEST(Window().always());
    BOOST_TEST(Window().open_at(at(monday, 12)));
}

BOOST_AUTO_TEST_CASE(a_window_opens_and_closes_to_the_minute) {
    const Window window = Window::parse("Mon-Fri 02:00-04:30, Sun 00:00-24:00").value();
    BOOST_TEST(!window.open_at(at(monday, 1, 59)));
    BOOST_TEST(window.open_at(at(monday, 2)));
    BOOST_TEST(window.open_at(at(monday, 4, 29)));
    BOOST_TEST(!window.open_at(at(monday, 4, 30)));
    BOOST_TEST(!window.open_at(at(saturday, 3)));
    BOOST_TEST(window.open_at(at(sunday, 23, 59)));
    BOOST_TEST(window.minutes_until(at(monday, 1)) == 60U);
    BOOST_TEST(window.minutes_until(at(saturday, 23)) == 60U);
}

BOOST_AUTO_TEST_CASE(a_window_over_midnight_belongs_to_the_day_it_begins_on) {
    const Window window = Window::parse("Sun 23:00-01:00").value();
    BOOST_TEST(window.open_at(at(sunday, 23)));
    BOOST_TEST(window.open_at(at(monday, 0, 59)));
    BOOST_TEST(!window.open_at(at(monday, 1)));
    BOOST_TEST(!window.open_at(at(tuesday, 0, 30)));
}

BOOST_AUTO_TEST_CASE(days_may_go_over_the_end_of_the_week) {
    const Window window = Window::parse("Sat-Mon 12:00-13:00").value();
    for (const unsigned day : {saturday, sunday, monday}) BOOST_TEST(window.open_at(at(day, 12, 30)));
    BOOST_TEST(!window.open_at(at(tuesday, 12, 30)));
}

BOOST_AUTO_TEST_CASE(what_is_no_window_is_refused) {
    for (const char* text : {"", "2:00-04:00", "02:00", "02:00-02:00", "Mon 25:00-26:00", "Mo 02:00-03:00",
                             "24:00-01:00", "Mon Tue 02:00-03:00", "02:60-03:00", "Mon-Fri 02:00-04:00,"})
        BOOST_TEST(!Window::parse(text), text);
    BOOST_TEST(Window::parse("nachts").error().what.contains("write times such as"));
}
