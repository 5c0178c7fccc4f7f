// A secret that only one TPM with one key in it can open: TPM2_MakeCredential without a TPM, for the authority.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace holdfast::tpm {

// TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET.
struct Credential {
    std::string blob, secret;
};

// Wraps `bytes` (32 at most) for the TPM with that endorsement key (TPM2B_PUBLIC; RSA 2048 or P-256 by the templates of
// tpm.hpp) and the key with that TPM name. Corrupt for another kind of key.
// Source: TPM 2.0 Library, part 1, section 24 (credential protection), annexes B.10.4 (RSA) and C.6.4 (ECC).
Result<Credential> make_credential(std::string_view ek_public, std::string_view name, std::string_view bytes);

}  // namespace holdfast::tpm
