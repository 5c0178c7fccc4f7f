// A message as a sequence of short texts, for QR codes: someone photographs a screen where no stick may be plugged in.
// README.md has the format.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::enroll {

inline constexpr std::size_t most_parts = 400, fewest_letters = 60;

// Each of `letters` letters at most, all of the alphabet that QR codes pack best (ISO/IEC 18004, alphanumeric mode).
// Corrupt where that makes more than `most_parts`.
Result<std::vector<std::string>> write_parts(std::string_view message, std::size_t letters);

// From what was read off the codes: a line each, in any order, some perhaps twice. Corrupt, with the numbers, where
// some are missing, and where they are of different messages or were misread.
Result<std::string> join_parts(std::string_view lines);

// Whether this looks like such lines rather than like a message itself.
bool are_parts(std::string_view bytes);

// RFC 9285.
std::string to_base45(std::string_view bytes);
Result<std::string> from_base45(std::string_view text);

}  // namespace holdfast::enroll
