// Numbers as PE files and firmware hold them: little-endian (UEFI 2.10, section 1.8.1).
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

// The number at `at`; nothing where it does not lie within `bytes`.
template <std::unsigned_integral T>
std::optional<T> number(std::string_view bytes, std::size_t at) {
    if (at > bytes.size() || bytes.size() - at < sizeof(T)) return std::nullopt;
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;)
        value = static_cast<T>(value << 8 | static_cast<unsigned char>(bytes[at + i]));
    return value;
}

template <std::unsigned_integral T>
void append(std::string& bytes, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
}

}  // namespace holdfast
