// Words and numbers in the files of the kernel.
#pragma once

#include "base/file.hpp"
#include "base/text.hpp"

#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::telemetry {

inline constexpr std::size_t kernel_file_limit = mebibyte;

// The lines of a file; none where it is not there or is larger than any of the kernel's.
inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
    const auto bytes = read_whole(file, kernel_file_limit);
    return bytes ? split(*bytes, '\n') : std::vector<std::string>();
}

inline std::vector<std::string_view> words_of(std::string_view line) {
    constexpr auto blank = " \t";
    std::vector<std::string_view> all;
    for (auto at = line.find_first_not_of(blank); at != std::string_view::npos;
         at = line.find_first_not_of(blank, at)) {
        const auto end = std::min(line.find_first_of(blank, at), line.size());
        all.push_back(line.substr(at, end - at));
        at = end;
    }
    return all;
}

// All of the word, finite; nothing for anything else.
inline std::optional<double> number_in(std::string_view word) {
    double number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    return whole && number - number == 0 ? std::optional(number) : std::nullopt;
}

// The word at that place of a line.
inline std::optional<double> number_at(const std::vector<std::string_view>& words, std::size_t place) {
    return place < words.size() ? number_in(words[place]) : std::nullopt;
}

}  // namespace holdfast::telemetry
