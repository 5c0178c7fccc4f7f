// What people say for the record.
#pragma once

#include "base/text.hpp"

#include <algorithm>
#include <string>

namespace holdfast {

// What is wrong with words that are kept, and shown on terminals later; "" where nothing is.
inline std::string wrong_words(const std::string& words) {
    if (trim(words).empty()) return "words are needed";
    if (words.size() > 500) return "not more than 500 letters";
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(words, is_control) || valid_utf8(words) != words || words.contains("\xc2\x9b"))
        return "one line of text, with no control characters";
    return "";
}

}  // namespace holdfast
