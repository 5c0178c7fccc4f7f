// A message as a sequence of QR codes on a terminal.
#pragma once

#include "base/result.hpp"

#include <string_view>

namespace holdfast {

// One after the other, each until somebody presses Enter; as plain lines where the output is no terminal.
Result<> show_codes(std::string_view message);

}  // namespace holdfast
