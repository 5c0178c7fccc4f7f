// A message as a sequence of QR codes on a terminal.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// Its texts, each as long as one code on this terminal holds. Denied where none fits.
Result<std::vector<std::string>> codes_of(std::string_view message);

// One after the other, each until somebody presses Enter; as plain lines where the output is no terminal.
Result<> show_codes(const std::vector<std::string>& codes);

}  // namespace holdfast
