// The TPM's structures to bytes and back, inside this room.
#pragma once

#include "base/result.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tss2/tss2_mu.h>

namespace holdfast::tpm {

// Bytes of `value` by one of the TSS's functions: marshalled<TPM2B_PUBLIC>(key, Tss2_MU_TPM2B_PUBLIC_Marshal).
template <class T, class Function>
std::string marshalled(const T& value, Function function) {
    std::string bytes(sizeof(T) + 64, '\0');
    std::size_t offset = 0;
    const TSS2_RC rc = function(&value, reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), &offset);
    bytes.resize(rc == TSS2_RC_SUCCESS ? offset : 0);
    return bytes;
}

// Corrupt where the bytes are not one such structure, whole, and nothing behind it.
template <class T, class Function>
Result<T> unmarshalled(std::string_view bytes, const char* what, Function function) {
    T value{};
    std::size_t offset = 0;
    const TSS2_RC rc = function(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), &offset, &value);
    if (rc == TSS2_RC_SUCCESS && offset == bytes.size()) return value;
    return fail(Code::Corrupt, std::string(what) + " cannot be read");
}

// The bytes of a TPM2B whose member is `field`.
template <class T, std::size_t N>
std::string bytes_of(std::uint16_t size, const T (&field)[N]) {
    static_assert(sizeof(T) == 1);
    return {reinterpret_cast<const char*>(field), std::min<std::size_t>(size, N)};
}

// A TPM2B with these bytes; the caller has checked that they fit.
template <class T>
T sized(std::string_view bytes, auto T::* field) {
    T value{};
    value.size = static_cast<std::uint16_t>(std::min(bytes.size(), sizeof(value.*field)));
    std::copy_n(bytes.begin(), value.size, reinterpret_cast<char*>(value.*field));
    return value;
}

Result<TPM2B_PUBLIC> parse_public(std::string_view public_area);
// DER (RFC 3279, section 2.2.3). Denied for any but ECDSA with SHA-256.
Result<std::string> ecdsa_der(const TPMT_SIGNATURE& signature);

}  // namespace holdfast::tpm
