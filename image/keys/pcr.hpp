// Keys whose signatures say which UKIs may unseal a box's disk: systemd's "signed PCR policy" (systemd-measure(1)).
// They are RSA 2048, which every TPM 2.0 verifies.
#pragma once

#include "keys/keys.hpp"

#include <vector>

namespace holdfast::keys {

struct PcrKey {
    std::filesystem::path secret, open;  // pcr/NUMBER.key and pcr/NUMBER.pub, both PEM
};

// All of a key directory, the newest first: disks are sealed to that one, and the older ones sign beside it, for boxes
// that are still sealed to them. NotFound, with what to do, where there is none or a half of one is missing; Denied
// where others can read one.
Result<std::vector<PcrKey>> pcr_keys(const std::filesystem::path& directory);

// Adds a newer one. What was signed by the older ones alone opens no disk any more that was sealed anew since.
Result<PcrKey> add_pcr_key(const std::filesystem::path& directory);

}  // namespace holdfast::keys
