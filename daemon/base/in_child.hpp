// For tests: work in a process of its own, which may die on the way.
#pragma once

#include "base/crash_point.hpp"

#include <functional>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast {

// How it ended: the exit status that `work` returns, or 128 and the signal's number.
inline int in_child(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The same with the power cut where `point` is reached for the `times`-th time: `crashed`, or 0 where it never was.
inline int dying_at(std::string_view point, unsigned times, const std::function<void()>& work) {
    return in_child([&] {
        arm_crash_point(point, times);
        work();
        return 0;
    });
}

}  // namespace holdfast
