#include "base/crash_point.hpp"

#include <string>
#include <unistd.h>

namespace holdfast {

namespace {

// Armed in a forked child of a test, which has one thread.
struct {
    std::string name;
    unsigned left = 0;
} armed;

}  // namespace

void crash_point(std::string_view name) {
    if (armed.left == 0 || armed.name != name) return;
    if (--armed.left == 0) ::_exit(crashed);
}

void arm_crash_point(std::string_view name, unsigned times) {
    armed.name = name;
    armed.left = times;
}

}  // namespace holdfast
