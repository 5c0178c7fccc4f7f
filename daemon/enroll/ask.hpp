// The box's side of the one round trip: from its TPM to a request, and from an answer to who it is.
#pragma once

#include "enroll/answer.hpp"
#include "enroll/request.hpp"
#include "tpm/tpm.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::enroll {

struct BoxKeys {
    tpm::Key attestation, device;
    std::optional<tpm::Key> issuing;  // for certificates of workloads
};

// What is not in the TPM.
struct Wish {
    std::string site, name, ticket;
    std::uint64_t time = 0;
    bool issuing = false;  // an authority of its own for its workloads
    Kind kind = Kind::Request;
    Running running;
    std::string firmware_log, userspace_log;
    std::string escrow_to;     // certificate (DER) of the authority's key for escrow, or ""
    std::string recovery_key;  // of the disk; goes to that key alone
};

// The endorsement key is the one that has a certificate, RSA before P-256 where both or neither have.
Result<Request> ask(tpm::Tpm& tpm, const BoxKeys& keys, const Wish& wish);

// endorsement_number() of a box that has not asked yet.
Result<std::string> endorsement_number(tpm::Tpm& tpm);

// Whether a certificate is for that key of a TPM's (TPM2B_PUBLIC).
Result<bool> is_for(const std::string& certificate, const std::string& public_area);

// Opens the answer to `request` (the message as it was sent). Denied where it answers another request or was changed,
// where its certificate is not for this box's device key, or does not lead to its own roots.
// Whether those roots are the right ones is for whoever knows the authority's fingerprint.
Result<Identity> take(tpm::Tpm& tpm, const BoxKeys& keys, std::string_view request, std::string_view answer);

}  // namespace holdfast::enroll
