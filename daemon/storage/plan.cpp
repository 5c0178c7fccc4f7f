#include "storage/plan.hpp"

#include "tpm/policy.hpp"

#include <algorithm>

namespace holdfast::storage {

namespace {

tpm::Pcrs literal(bool secure_boot, const Digest& pcr_7) {
    return secure_boot ? tpm::Pcrs{{7, pcr_7}} : tpm::Pcrs{};
}

bool asks_for_secure_boot(const Seal& seal) {
    return std::ranges::contains(seal.pcrs, 7U);
}

bool signed_by(const std::optional<Fingerprints>& signers, const std::string& print) {
    return signers && signers->contains(print);
}

// The key that the disk should be sealed to: the newest that every slot can use.
Result<std::string> key_for(const Seen& seen) {
    const std::string newest = TRY(tpm::pcr_key_fingerprint(seen.newest_key));
    if (seen.header.seals.empty() || seen.header.seals.front().public_key.empty()) return seen.newest_key;
    if (!seen.other_slot || signed_by(seen.other_slot, newest)) return seen.newest_key;
    return seen.header.seals.front().public_key;
}

std::string reason(const Seen& seen, const Reseal& wanted) {
    if (seen.header.seals.empty()) return "no TPM holds its key";
    const Seal& seal = seen.header.seals.front();
    if (seal.public_key != wanted.public_key) return "both slots hold releases of a newer key";
    if (wanted.secure_boot && !asks_for_secure_boot(seal)) return "Secure Boot is on now";
    return seen.recovered ? "the TPM did not open it at this start" : "what the firmware trusts has changed";
}

}  // namespace

Result<Decision> decide(const Seen& seen) {
    if (!seen.pcr_7) return Decision{{}, "no TPM 2.0 answers; the disk opens by its recovery key alone"};
    const bool was_bound = std::ranges::any_of(seen.header.seals, asks_for_secure_boot);
    if (was_bound && !seen.secure_boot)
        return Decision{{}, "Secure Boot is off, and the disk is sealed to it being on; it stays so"};
    Reseal wanted{.public_key = TRY(key_for(seen)), .secure_boot = seen.secure_boot, .why = {}};
    const Digest policy = TRY(tpm::sealing_policy(wanted.public_key, literal(wanted.secure_boot, *seen.pcr_7)));
    const bool same = seen.header.seals.size() == 1 && seen.header.seals.front().policy == policy;
    if (same && (!seen.recovered || seen.resealed))
        return Decision{{},
                        wanted.secure_boot
                            ? "sealed to signed releases and to the owner's Secure Boot"
                            : "sealed to signed releases; Secure Boot is not on, so that whoever has the "
                              "box can open it: turn it on"};
    wanted.why = reason(seen, wanted);
    return Decision{wanted, "to be sealed anew: " + wanted.why};
}

Result<std::string> why_locked(const Seen& seen) {
    if (seen.header.seals.empty()) return "no TPM holds its key";
    if (!seen.pcr_7) return "no TPM 2.0 answers; it is turned off in the firmware's setup, or broken";
    const Seal& seal = seen.header.seals.front();
    const bool bound = asks_for_secure_boot(seal);
    if (bound && !seen.secure_boot) return "it is sealed to Secure Boot, which is off";
    if (!signed_by(seen.running, TRY(tpm::pcr_key_fingerprint(seal.public_key))))
        return "what was started is not signed for this disk: it is an older release, or somebody else's";
    if (TRY(tpm::sealing_policy(seal.public_key, literal(bound, *seen.pcr_7))) != seal.policy)
        return "what the firmware trusts (the keys of Secure Boot, PCR 7) is not what the disk was sealed to";
    return "what was started is not what it says, or this is not the TPM that the disk was sealed to, or it was "
           "cleared";
}

}  // namespace holdfast::storage
