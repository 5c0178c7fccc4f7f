// What the authority answers to a box that it admits: sealed for that TPM with that attestation key alone.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"
#include "enroll/grant.hpp"
#include "enroll/request.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::enroll {

// Sealed by AES-256-GCM under a fresh key, and that key by TPM2_MakeCredential.
Result<std::string> write_answer(const Digest& request, const Grant& grant, std::string_view ek_public,
                                 std::string_view attestation_public);

struct Sealed {
    Digest request{};  // SHA-256 of the whole request that it answers
    tpm::Credential credential;
    std::string nonce, sealed;
};
Result<Sealed> parse_answer(std::string_view bytes);

// `key` is what the TPM found in the credential. Denied where something was changed.
Result<Grant> open_answer(const Sealed& answer, std::string_view key);

}  // namespace holdfast::enroll
