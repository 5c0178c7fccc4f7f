#include "boot/utf16.hpp"

namespace holdfast::boot {

std::string from_utf16(std::string_view bytes) {
    std::string text;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        if (bytes[i] == 0 && bytes[i + 1] == 0) break;
        text += bytes[i + 1] == 0 && bytes[i] > 0 ? bytes[i] : '?';
    }
    return text;
}

std::string to_utf16(std::string_view ascii) {
    std::string bytes;
    for (const char c : ascii) (bytes += c) += '\0';
    return bytes.append(2, '\0');
}

}  // namespace holdfast::boot
