// Small work on text that several rooms share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

std::vector<std::string> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string join(const std::vector<std::string>& words, std::string_view between);
// The text with U+FFFD in place of every byte that is not part of valid UTF-8 (The Unicode Standard, table 3-7), for
// D-Bus and JSON, which carry nothing else.
std::string valid_utf8(std::string_view text);
// In small letters, as far as they are of ASCII.
std::string small(std::string_view text);
std::string hex(std::span<const unsigned char> bytes);
// The bytes of such a text; nothing for an odd number of digits, or anything else but them.
std::optional<std::string> unhex(std::string_view text);
// A SHA-256 as text: 64 digits, lower-case.
bool is_sha256(std::string_view text);
// "500", "500K", "2M" or "1G" as bytes; nothing for all else, and from 2^33 units on.
std::optional<std::uint64_t> parse_size(std::string_view text);

// The name in `names` that a person most likely meant by `word`, or "" where none is near
// (Damerau-Levenshtein distance at most a third of the word's length).
std::string nearest(std::string_view word, const std::vector<std::string>& names);

}  // namespace holdfast
