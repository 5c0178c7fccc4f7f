// What every room says to OpenSSL: bytes as it wants them, and its last error as one of ours.
#pragma once

#include "base/result.hpp"

#include <array>
#include <openssl/err.h>
#include <string>
#include <string_view>

namespace holdfast {

inline unsigned char* raw(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}
inline const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

inline std::unexpected<Error> openssl_failed(const std::string& what) {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return fail(Code::Bug, what + ": " + text.data());
}

}  // namespace holdfast
