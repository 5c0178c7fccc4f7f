// What a disk is sealed to, what it should be sealed to, and why it did not open. Pure.
#pragma once

#include "storage/luks.hpp"
#include "storage/signatures.hpp"
#include "tpm/tpm.hpp"

#include <optional>

namespace holdfast::storage {

struct Seen {
    Header header;
    std::string newest_key;                  // PEM; of the release that runs
    std::optional<Fingerprints> running;     // who signed the UKI that was started; nothing: it says of nobody
    std::optional<Fingerprints> other_slot;  // and that of the other slot; nothing where there is none, or where
                                             // the disk is sealed to `newest_key` already
    bool secure_boot = false;                // on, and not in setup mode
    std::optional<Digest> pcr_7;             // nothing where no TPM answers
    bool recovered = false;                  // this start needed the recovery key
    bool resealed = false;                   // and it was sealed anew since
    bool pin_demanded = false;               // by this image
    bool pin_kept = false;                   // inside the disk
    bool pin_begun = false;                  // a new one was being set when the box was cut
    std::string pin_refusal;                 // why this start has given up asking for it; "": it has not
};

// How the disk is to be sealed anew.
struct Reseal {
    std::string public_key;
    bool secure_boot = false;  // to the value of PCR 7, too
    bool pin = false;          // asked for, too
    bool afresh = false;       // what it is sealed to stays the same, and yet the TPM did not open it
    std::string why;
    bool operator==(const Reseal&) const = default;
};

// Nothing where it is as it should be or cannot be better; `sentence` tells which.
struct Decision {
    std::optional<Reseal> reseal;
    std::string sentence;
};

// To the newest key where both slots hold UKIs that it has signed: an older release of the other slot must still be
// able to open the disk. And to PCR 7 as soon as Secure Boot is on: without it, whoever has the box starts what they
// like and tells the TPM that it was ours. Never back to less, by itself: a PIN stays, too. Corrupt where a key of the
// header cannot be read.
Result<Decision> decide(const Seen& seen);

// How the disk is to be sealed anew when a person sets a PIN or takes it off. Denied where this start cannot do it, or
// where the image demands one.
Result<Reseal> with_pin(const Seen& seen, bool pin);

// Whether a key of the header wants a PIN beside the TPM.
bool asks_for_pin(const Header& header);

// Why the TPM will not open the disk whatever PIN is typed, as far as that can be seen; "": it may.
Result<std::string> why_shut(const Seen& seen);

// For a person in front of a box that asks for its recovery key.
Result<std::string> why_locked(const Seen& seen);

}  // namespace holdfast::storage
