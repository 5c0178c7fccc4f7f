// What an intermediate authority asks its root for, where that is on another computer: PKCS#10 (RFC 2986), PEM.
#pragma once

#include "identity/certificate.hpp"

#include <string>
#include <string_view>

namespace holdfast::identity {

inline constexpr std::size_t request_limit = 16UL * 1024;  // bytes

struct AuthorityRequest {
    Key key;  // the public half
    std::string trust_domain;
};

// For a P-256 key.
Result<std::string> write_authority_request(EVP_PKEY* key, const std::string& trust_domain);
// Corrupt where it is none, is not signed by its own key, or is for another kind of key.
Result<AuthorityRequest> parse_authority_request(std::string_view pem);

}  // namespace holdfast::identity
