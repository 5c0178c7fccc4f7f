#include "update/fetch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::update;
using namespace std::chrono_literals;

namespace {

std::int64_t waits(unsigned fruitless, double random, std::chrono::seconds asked = 0s) {
    return back_off(fruitless, random, asked).count();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_wait_doubles_to_five_minutes) {
    std::int64_t before = 0;
    for (unsigned i = 1; i < 10; ++i) {
        BOOST_TEST(waits(i, 1) == 1000 << (i - 1));
        BOOST_TEST(waits(i, 1) > before);
        before = waits(i, 1);
    }
    for (const unsigned i : {10U, 11U, 12U, 13U, 64U, 4'000'000'000U}) BOOST_TEST(waits(i, 1) == 300'000);
}

BOOST_AUTO_TEST_CASE(boxes_that_were_cut_off_together_do_not_come_back_together) {
    for (const unsigned i : {1U, 5U, 20U}) {
        const auto longest = waits(i, 1);
        BOOST_TEST(waits(i, 0) == longest / 2);
        BOOST_TEST(waits(i, 0.5) == longest * 3 / 4);
        BOOST_TEST(waits(i, 0.25) < waits(i, 0.26));
        BOOST_TEST(waits(i, -3) == longest / 2);
        BOOST_TEST(waits(i, 7) == longest);
    }
}

BOOST_AUTO_TEST_CASE(what_the_server_asks_for_counts_within_an_hour) {
    BOOST_TEST(waits(1, 1, 120s) == 120'000);
    BOOST_TEST(waits(1, 0, 48h) == 3'600'000);
    BOOST_TEST(waits(9, 1, 1s) == waits(9, 1));
}
