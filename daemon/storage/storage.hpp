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

// One key for a TPM. What is not said here is as Places and Reseal say.
struct Enrolment {
    std::filesystem::path device, recovery_key, public_key;  // files
    std::string tpm = "auto";
    bool secure_boot = false, afresh = false;
    std::string pin;  // "": none
};

// Adds the new key, then takes the old ones off: a cut leaves the old, both, or the new. Afresh the old ones, which
// open nothing, go first: a cut leaves none, and the next start asks for the recovery key again.
Result<> enroll(const Enrolment& how);

// The same of this box, with what it keeps. A PIN that was begun is ended, and one that is not wanted goes.
Result<> seal(const Places& places, const Reseal& how);

// Seals it to a new PIN. After a cut the old one opens it, and the next good start ends what was begun.
Result<> set_pin(const Places& places, const Reseal& how, const std::string& pin);

// Tells `why_locked` why no PIN was asked for any more at this start.
Result<> refuse_pin(const Places& places, const std::string& why);

}  // namespace holdfast::storage
