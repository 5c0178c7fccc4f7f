// What a box is in its trust domain, in a few words; by what it keeps, and with no TPM.
#pragma once

#include "enroll/kept.hpp"

namespace holdfast::enroll {

struct Member {
    std::string id;  // SPIFFE ID; "" where it was not admitted
    // "none": not admitted; "good"; "untrusted", by its own look; "quarantined", "revoked", by its authority;
    // "unknown".
    std::string standing = "unknown";
    std::string reason;      // one sentence for people
    std::string term;        // of its certificate: "good", "ending", "grace", "over"; "" where it has none
    std::string term_words;  // the same for people: "valid for 60 days more"
    std::int64_t until = 0;  // the certificate's end, seconds since the epoch
};

// Whatever stops it is its standing, the worst first; what cannot be read makes that "unknown", with the reason.
Member member(const std::filesystem::path& root, std::int64_t now);

}  // namespace holdfast::enroll
