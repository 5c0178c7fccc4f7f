// The last line that a box's health run writes to the console:
//   holdfast: verdict green slot=a tries_left=2 board=generic-x86-64 profile=dev version=0.1.0 checks=5/5
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::vm {

inline constexpr std::size_t verdict_line_limit = 1024;

struct Verdict {
    std::string colour;             // "green", "red" or "unknown"
    std::string slot;               // "a", "b" or "unknown"
    std::optional<int> tries_left;  // nothing where the slot has no counter (the line says -1)
    std::string board, profile, version;
    int healthy = 0, checks = 0;
    bool green() const { return colour == "green"; }
};

// True for a console line that holds a verdict, whatever stands before it.
bool is_verdict(std::string_view line);

// Corrupt where a word is missing, stands twice, or is not what it should be, and for lines over the limit.
// Words that this version does not know are passed over: a newer box may say more.
Result<Verdict> parse_verdict(std::string_view line);

}  // namespace holdfast::vm
