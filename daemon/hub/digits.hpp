// What people call by the first digits of it: a commit, firmware, a key, a ticket.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::hub {

inline constexpr std::size_t fewest_digits = 6;

// The one of `all` that begins so. Corrupt where those are no digits, too few, or the beginning of more than one;
// NotFound where none begins so, with the command (`look`) that lists them.
Result<std::string> whole(std::string_view digits, const std::vector<std::string>& all, std::string_view what,
                          std::string_view look);

}  // namespace holdfast::hub
