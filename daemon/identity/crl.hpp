// What an authority has taken back: certificate revocation lists, version 2 (RFC 5280, section 5). A certificate on
// hold (reason certificateHold) is of a box in quarantine and may come back; every other reason is for good.
#pragma once

#include "identity/issue.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::identity {

inline constexpr std::size_t crl_limit = 4UL * 1024 * 1024;  // bytes

enum class Withdrawal { Quarantined, Revoked };

std::string_view text(Withdrawal how);  // quarantined, revoked

struct Withdrawn {
    Withdrawal how = Withdrawal::Revoked;
    std::int64_t since = 0;  // seconds since the epoch
    bool operator==(const Withdrawn&) const = default;
};

struct Crl {
    std::uint64_t number = 0;  // cRLNumber: grows with every list of this authority
    Validity validity;         // thisUpdate and nextUpdate. A box offline heeds an old list all the same
    std::string issuer;        // the authority's name, DER
    std::map<std::string, Withdrawn> entries;  // by serial number, hex as in Facts
};

// A whole list, PEM or DER. Corrupt for anything else, for a list of changes alone, and where something in it would
// have to be understood and is not.
Result<Crl> parse_crl(std::string_view bytes);

// The same of the authority with this certificate (DER). Denied where it is not, or may not sign lists.
Result<Crl> read_crl(std::string_view bytes, std::string_view issuer);

// What the list says of a certificate (DER); nothing of one that another authority gave.
Result<std::optional<Withdrawn>> withdrawn(const Crl& list, std::string_view certificate);

// Denied where one of a chain was taken back.
Result<> check_withdrawn(const std::vector<std::string>& chain, const Crl& list);

// A list, PEM, signed with the issuer's key (which is at hand).
Result<std::string> make_crl(const Issuer& issuer, std::uint64_t number,
                             const std::map<std::string, Withdrawn>& entries, Validity validity);

}  // namespace holdfast::identity
