// A PIN: of a token, or of whatever else asks for one. It is on no command line, where every program of the computer
// can read it.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace holdfast::token {

inline constexpr std::size_t pin_limit = 255;  // bytes

// Tells the PIN of the token with that label, once it is needed.
using Pin = std::function<Result<std::string>(const std::string& token)>;

// The first line of `file`; where that is empty, what somebody types at the terminal, which does not show it. NotFound
// where there is no such file, or no terminal; Corrupt where it holds no PIN.
Pin pin_from(const std::filesystem::path& file);

// One that is to be set, `of` what it will open, in the same way; what is typed is typed twice. Denied where the two
// differ.
Result<std::string> new_pin(const std::filesystem::path& file, const std::string& of);

}  // namespace holdfast::token
