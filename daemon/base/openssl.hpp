// What every room says to OpenSSL: bytes as it wants them, and its last error as one of ours.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <array>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string>
#include <string_view>

namespace holdfast {

inline unsigned char* raw(std::string& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}
inline const unsigned char* raw(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

// What one of OpenSSL's i2d functions writes of `thing`; "" where it cannot.
template <class Write, class T>
std::string der_by(Write write, T* thing) {
    std::string der(static_cast<std::size_t>(std::max(0, write(thing, nullptr))), '\0');
    auto* at = raw(der);
    write(thing, &at);
    return der;
}

// What was written to a BIO in memory.
inline std::string contents_of(BIO* memory) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

inline std::unexpected<Error> openssl_failed(const std::string& what) {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return fail(Code::Bug, what + ": " + text.data());
}

// How many digits of a fingerprint are enough to know somebody by.
inline constexpr std::size_t fingerprint_digits = 16;

// SHA-256 of a certificate's public key (SubjectPublicKeyInfo, RFC 5280, section 4.1), hex.
inline std::string key_fingerprint(X509* certificate) {
    return sha256_hex(der_by(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(certificate)));
}

}  // namespace holdfast
