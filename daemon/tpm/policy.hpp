// What systemd seals a disk to, worked out without a TPM: PolicyAuthorize of the key that signs PCR values, then
// PolicyPCR of values as they are, then PolicyAuthValue where a PIN is asked for (TPM 2.0 Library, part 3,
// sections 23.16, 23.7 and 23.17; systemd's tpm2_calculate_sealing_policy()).
#pragma once

#include "tpm/tpm.hpp"

namespace holdfast::tpm {

enum class Pin { No, Yes };

// `public_key`: RSA in PEM. `literal`: registers whose values count, none for a key alone. Corrupt where the key is
// none.
Result<Digest> sealing_policy(std::string_view public_key, const Pcrs& literal, Pin pin = Pin::No);

// How signatures name the key that made them ("pkfp" of systemd-measure(1)): SHA-256 of its PKCS #1 form.
Result<std::string> pcr_key_fingerprint(std::string_view public_key);

}  // namespace holdfast::tpm
