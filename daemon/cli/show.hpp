// A box's status as a person or a program reads it, and as an exit code.
#pragma once

#include "cli/box.hpp"

#include <string>

namespace holdfast::cli {

enum class Colours { No, Yes };

// Several lines, each ended by a newline.
std::string for_people(const Box& box, Colours colours);

// One object on one line; the keys are the properties' names in snake_case.
std::string for_programs(const Box& box);

// 0 green, 1 red, 3 no verdict yet.
int exit_code_of(const Box& box);

}  // namespace holdfast::cli
