// X.509-SVIDs of workloads (SPIFFE X.509-SVID 1.0), given and believed with no network; and what a time that has run
// out means to a box that cannot ask anybody.
#pragma once

#include "identity/crl.hpp"
#include "identity/issue.hpp"
#include "identity/settings.hpp"

#include <string>
#include <vector>

namespace holdfast::identity {

enum class Standing {
    Good,
    Ending,  // soon
    Grace,   // ran out, and is believed all the same
    Over,
};

std::string_view text(Standing standing);  // good, ending, grace, over

struct Outlook {
    Standing standing = Standing::Over;
    std::int64_t left = 0;  // seconds to its end, or to the end of the grace where it has run out
    std::string words;      // for people: "valid for 60 days more"
};

// Whatever the clock says before a certificate began is a clock that nobody has set. It ends soon once the site's
// warning is reached and two thirds of its time are past.
Outlook outlook(const Validity& validity, const Settings& settings, std::int64_t now);

struct Svid {
    SpiffeId id;
    std::vector<std::string> chain;  // DER: the workload's own first, no root
};

inline constexpr std::int64_t svid_longest = 7LL * 86'400, svid_usual = 3600;  // seconds

// For a workload's public key, by this box's own authority (whose certificate is `own.certificate`, with `above` from
// it up to the root): `seconds` long, and not longer than that authority's certificate, unless that has run out.
// Corrupt where `workload` is no label of DNS, and for a key that is too weak.
Result<Svid> give(const Issuer& own, const std::vector<std::string>& above, EVP_PKEY* subject,
                  const std::string& workload, std::int64_t now, std::int64_t seconds);

struct Believed {
    SpiffeId id;
    Outlook outlook;  // of whatever in its chain ends first
};

// A peer's chain, its own certificate first, by the roots that this box trusts and by the list of what was taken back,
// where it has one. Denied, with the reason.
Result<Believed> believe(const std::vector<std::string>& chain, const std::vector<std::string>& roots,
                         const Settings& settings, std::int64_t now, const std::optional<Crl>& list = {});

}  // namespace holdfast::identity
