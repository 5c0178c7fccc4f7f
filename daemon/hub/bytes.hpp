// Bytes as the database keeps them: hex.
#pragma once

#include "base/digest.hpp"
#include "base/text.hpp"

#include <string>
#include <string_view>

namespace holdfast::hub {

inline std::string hex_of(std::string_view bytes) {
    return hex({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}
inline std::string hex_of(const Digest& digest) {
    return hex(digest);
}

inline Result<std::string> bytes_of(const std::string& text) {
    auto bytes = unhex(text);
    if (!bytes) return fail(Code::Corrupt, "the hub's database holds no hex where it should");
    return *std::move(bytes);
}

}  // namespace holdfast::hub
