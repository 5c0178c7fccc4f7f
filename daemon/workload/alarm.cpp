#include "workload/alarm.hpp"

#include <cerrno>
#include <cstring>
#include <sys/timerfd.h>

namespace holdfast::workload {

Result<Alarm> Alarm::open() {
    Fd timer(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
    if (!timer) return fail(Code::Bug, std::string("no timer: ") + std::strerror(errno));
    return Alarm(std::move(timer));
}

void Alarm::by(std::int64_t at) {
    const std::scoped_lock lock(mutex_);
    if (next_ && *next_ <= at) return;
    next_ = at;
    itimerspec when{};
    when.it_value.tv_sec = at > 0 ? at : 1;  // 0 would stop it
    ::timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, nullptr);
}

void Alarm::heard() {
    const std::scoped_lock lock(mutex_);
    std::uint64_t times = 0;
    // Nothing to read where another has read it, and ECANCELED where the clock was set: both are fine.
    static_cast<void>(::read(timer_.number(), &times, sizeof times));
    next_.reset();
}

}  // namespace holdfast::workload
