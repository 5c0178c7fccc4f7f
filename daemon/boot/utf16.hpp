// Text of firmware and boot loader: UTF-16, little-endian, up to a NUL.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::boot {

// What we compare is ASCII; every other character becomes '?'.
std::string from_utf16(std::string_view bytes);

// ASCII with a NUL at its end.
std::string to_utf16(std::string_view ascii);

}  // namespace holdfast::boot
