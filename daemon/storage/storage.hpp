// The sealed /var of this box: what is seen of it, and sealing it anew by systemd-cryptenroll(1).
#pragma once

#include "storage/plan.hpp"

namespace holdfast::storage {

struct Places {
    std::filesystem::path root = "/";
    std::filesystem::path device = "/dev/disk/holdfast/var-sealed";
    std::string tcti = "device:/dev/tpmrm0";
    std::string tpm = "auto";  // the same, as systemd takes it
};

// NotFound where /var is not sealed. What cannot be seen (a TPM, an ESP) is left out.
Result<Seen> look(const Places& places);

// Adds the new key, then takes the old ones off: a cut leaves the old, both, or the new.
Result<> seal(const Places& places, const Reseal& how);

}  // namespace holdfast::storage
