#include "vm/interrupt.hpp"

#include "base/file.hpp"

#include <csignal>
#include <sys/signalfd.h>

namespace holdfast::vm {

Result<Fd> catch_interrupts() {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&wanted, signal);
    if (::sigprocmask(SIG_BLOCK, &wanted, nullptr) < 0)
        return std::unexpected(system_error(errno, "signals", "cannot block"));
    // Never read, so it stays readable.
    Fd fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) return std::unexpected(system_error(errno, "signals", "cannot watch"));
    return fd;
}

}  // namespace holdfast::vm
