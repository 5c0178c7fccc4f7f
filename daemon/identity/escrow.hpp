// A secret that only the authority can open, such as a disk's recovery key: HPKE in base mode (RFC 9180), DHKEM(P-256,
// HKDF-SHA256), HKDF-SHA256, AES-256-GCM, by OpenSSL.
#pragma once

#include "identity/certificate.hpp"

#include <string>
#include <string_view>

namespace holdfast::identity {

inline constexpr std::size_t escrow_limit = 1024;  // bytes of a sealed secret

// `to`: the certificate (DER) of a key for this and nothing else. `bound`: what the secret belongs to; it opens with
// the same alone. The encapsulated key (65 bytes), then the ciphertext. Corrupt where the certificate is none of those.
Result<std::string> seal_secret(std::string_view to, std::string_view secret, std::string_view bound);

// Denied where it is for another key, was changed, or belongs to something else.
Result<std::string> open_secret(EVP_PKEY* key, std::string_view sealed, std::string_view bound);

}  // namespace holdfast::identity
