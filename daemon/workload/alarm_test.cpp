#include "workload/alarm.hpp"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <poll.h>

using namespace holdfast::workload;

namespace {

constexpr std::int64_t hour = 3600;

bool rings(const Alarm& alarm, int milliseconds) {
    pollfd polled{alarm.descriptor(), POLLIN, 0};
    return ::poll(&polled, 1, milliseconds) == 1;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_earliest_time_counts) {
    auto alarm = Alarm::open().value();
    const std::int64_t now = std::time(nullptr);
    alarm.by(now + hour);
    BOOST_TEST(!rings(alarm, 0));
    alarm.by(now - hour);
    alarm.by(now + 2 * hour);
    BOOST_TEST(rings(alarm, 5000));
    alarm.heard();
    BOOST_TEST(!rings(alarm, 0));
    // Before the epoch, too: a clock that nobody has set.
    alarm.by(-hour);
    BOOST_TEST(rings(alarm, 5000));
}
