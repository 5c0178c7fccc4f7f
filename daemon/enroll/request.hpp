// What a box says of itself when it asks to be admitted: one message, over a line or on a stick. README.md has the
// format.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"
#include "tpm/tpm.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::enroll {

inline constexpr std::size_t request_limit = 256UL * 1024;  // bytes of a whole message

// The release that the box says it runs; what it really started is in its logs.
struct Running {
    std::string ref, version, commit;
    char slot = 0;  // 'a' or 'b'
};

// A request wants an answer; evidence is the same statement of a box that was admitted, made again and again.
enum class Kind { Request, Evidence };

struct Request {
    Kind kind = Kind::Request;
    std::string site, name;  // what it wants to be; "" leaves that to the authority
    std::string ticket;      // code of the ticket it was given, or ""
    std::uint64_t time = 0;  // its clock, seconds since the epoch
    Running running;
    tpm::EkType ek_type = tpm::EkType::Rsa2048;
    std::string ek_public;                          // TPM2B_PUBLIC
    std::string ek_certificate;                     // DER, or ""
    std::string attestation_public, device_public;  // TPM2B_PUBLIC
    tpm::Attested certified;                        // the attestation key's word that the device key lies beside it
    std::string issuing_public;                     // of the key that would sign certificates of workloads, or ""
    tpm::Attested issuing_certified;                // the same of that one
    std::string escrow;                             // its disk's recovery key, for the authority alone; or ""
    tpm::Attested quote;                            // over `pcrs`; its nonce is the digest of all else in this message
    tpm::Pcrs pcrs;
    std::string firmware_log, userspace_log;
};

// The registers that a request quotes: what firmware, its settings, boot loader, UKI and addons leave (systemd 257,
// "TPM2 PCR Measurements Made by systemd"; 0 to 7 by TCG's profile).
inline constexpr unsigned quoted_pcrs[] = {0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13};

// What the quote's nonce must be: SHA-256 of the message without its quote.
Digest binding_of(const Request& request);

// The number by which an authority knows a TPM's endorsement key: SHA-256 of its TPM2B_PUBLIC, hex.
std::string endorsement_number(const Request& request);

std::string write_request(const Request& request);
// Corrupt where it is no request, names a name that is none, or has members that are not known.
Result<Request> parse_request(std::string_view bytes);
Result<Request> parse_evidence(std::string_view bytes);

}  // namespace holdfast::enroll
