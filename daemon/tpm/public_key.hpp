// The public part of a TPM's key, read without a TPM.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <openssl/evp.h>
#include <string>
#include <string_view>

namespace holdfast::tpm {

using PublicKey = Handle<EVP_PKEY, EVP_PKEY_free>;

// What a key may do (TPM 2.0 Library, part 2, section 8.3, TPMA_OBJECT).
struct Attributes {
    bool fixed_tpm = false, fixed_parent = false, made_in_tpm = false, restricted = false, signs = false,
         decrypts = false;
    bool operator==(const Attributes&) const = default;
};

// All read a TPM2B_PUBLIC; Corrupt where it is none, or not RSA 2048 or P-256 with SHA-256.
Result<PublicKey> public_key(std::string_view public_area);
Result<Attributes> attributes(std::string_view public_area);
// The TPM's name of it: algorithm and digest of the public area, 34 bytes (part 1, section 16).
Result<std::string> name_of(std::string_view public_area);

}  // namespace holdfast::tpm
