#include "boot/guid.hpp"

#include <array>
#include <charconv>

namespace holdfast::boot {

namespace {

// Which byte each pair of digits is, from left to right.
constexpr std::array<std::size_t, guid_size> places{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};

constexpr bool dash_before(std::size_t pair) {
    return pair == 4 || pair == 6 || pair == 8 || pair == 10;
}

}  // namespace

Result<std::string> guid_text(std::string_view bytes) {
    if (bytes.size() != guid_size) return fail(Code::Corrupt, "a GUID has 16 bytes");
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t pair = 0; pair < guid_size; ++pair) {
        const auto byte = static_cast<unsigned char>(bytes[places[pair]]);
        if (dash_before(pair)) text += '-';
        (text += digits[byte >> 4U]) += digits[byte & 0xfU];
    }
    return text;
}

Result<std::string> guid_bytes(std::string_view text) {
    const auto refused = fail(Code::Corrupt, "not a GUID: '" + std::string(text.substr(0, 64)) + "'");
    std::string bytes(guid_size, '\0');
    for (std::size_t pair = 0; pair < guid_size; ++pair) {
        if (dash_before(pair)) {
            if (!text.starts_with('-')) return refused;
            text.remove_prefix(1);
        }
        unsigned char value = 0;
        const auto digits = text.substr(0, 2);
        const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value, 16);
        if (digits.size() != 2 || error != std::errc() || end != digits.end()) return refused;
        bytes[places[pair]] = static_cast<char>(value);
        text.remove_prefix(2);
    }
    if (!text.empty()) return refused;
    return bytes;
}

}  // namespace holdfast::boot
