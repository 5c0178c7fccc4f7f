// Texts as QR codes on a terminal (ISO/IEC 18004), by libqrencode.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>

namespace holdfast {

// How many letters of alphanumeric mode fit into one code on a terminal of that size, with a quiet zone and a line
// below; 0 where no code fits.
std::size_t letters_that_fit(std::size_t rows, std::size_t columns);

// Two modules a character, one above the other, black on white by colours of the terminal.
Result<std::string> draw_code(const std::string& text);

}  // namespace holdfast
