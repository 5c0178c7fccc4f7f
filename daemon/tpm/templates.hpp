// What the keys of a box are made from.
#pragma once

#include "tpm/tpm.hpp"

#include <tss2/tss2_tpm2_types.h>

namespace holdfast::tpm {

TPM2B_PUBLIC ek_template(EkType type);
// The storage root key that TCG's provisioning guidance and systemd make: P-256 (TCG TPM v2.0 Provisioning Guidance
// 1.0, section 7.5.1).
TPM2B_PUBLIC storage_template();
TPM2B_PUBLIC attestation_template();
TPM2B_PUBLIC device_template();

}  // namespace holdfast::tpm
