// Named places between two durable steps, where a test may let the program die as if the power went.
#pragma once

#include <string_view>

namespace holdfast {

// Ends the process at once (exit code 42, nothing flushed, no destructor) where a test armed this name;
// otherwise does nothing. Nothing outside the process, such as a variable or a file, can arm it.
void crash_point(std::string_view name);

// For tests, in a child made for it: die the `times`-th time that `name` is reached.
void arm_crash_point(std::string_view name, unsigned times = 1);

inline constexpr int crashed = 42;

}  // namespace holdfast
