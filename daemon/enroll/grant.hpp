// What a box was given, and who that makes it. Read with no TPM.
#pragma once

#include "base/result.hpp"
#include "identity/certificate.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::enroll {

inline constexpr std::size_t answer_limit = 64UL * 1024;

// What a box gets. Certificates are DER.
struct Grant {
    std::vector<std::string> chain;  // the box's own certificate first, then the intermediates
    std::vector<std::string> roots;  // whom it trusts from now on
    std::string issuing;             // of its own authority, by the same intermediates; "" where it has none
};

// As one map; also how a box keeps it.
std::string write_grant(const Grant& grant);
Result<Grant> parse_grant(std::string_view bytes);

struct Identity {
    Grant grant;
    identity::SpiffeId id;
    identity::Facts certificate;
    std::string authority;  // fingerprint of the root that vouches for it: SHA-256 of its public key, hex
};

// What a grant makes of a box. Denied where its certificate does not lead to its own roots, whatever the time.
Result<Identity> identity_of(Grant grant);

}  // namespace holdfast::enroll
