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
    const itimerspec never{};
    ::timerfd_settime(timer_.number(), 0, &never, nullptr);
    next_.reset();
}

}  // namespace holdfast::workload
