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

// A disk keeps its PIN. One that no TPM holds, or that lost what its image demands, gets the one that is kept.
bool wants_pin(const Seen& seen) {
    return asks_for_pin(seen.header) || (seen.pin_kept && (seen.header.seals.empty() || seen.pin_demanded));
}

std::string reason(const Seen& seen, const Reseal& wanted) {
    if (seen.pin_begun) return "a new PIN was being set";
    if (seen.header.seals.empty()) return "no TPM holds its key";
    const Seal& seal = seen.header.seals.front();
    if (wanted.pin && !seal.pin) return "it does not ask for its PIN";
    if (seal.public_key != wanted.public_key) return "both slots hold releases of a newer key";
    if (wanted.secure_boot && !asks_for_secure_boot(seal)) return "Secure Boot is on now";
    return seen.recovered ? "the TPM did not open it at this start" : "what the firmware trusts has changed";
}

// Why this start cannot seal it anew; "": it can.
std::string hindrance(const Seen& seen) {
    if (!seen.pcr_7) return "no TPM 2.0 answers; the disk opens by its recovery key alone";
    const bool was_bound = std::ranges::any_of(seen.header.seals, asks_for_secure_boot);
    return was_bound && !seen.secure_boot ? "Secure Boot is off, and the disk is sealed to it being on; it stays so"
                                          : "";
}

// Of a disk that is as it can be.
std::string settled(const Seen& seen, const Reseal& wanted) {
    std::string sentence = "sealed to signed releases";
    if (wanted.secure_boot) sentence += wanted.pin ? ", to the owner's Secure Boot" : " and to the owner's Secure Boot";
    if (wanted.pin) sentence += " and to a PIN";
    if (!wanted.secure_boot)
        sentence += std::string("; Secure Boot is not on, so that ") +
                    (wanted.pin ? "the PIN alone keeps out whoever has the box" : "whoever has the box can open it") +
                    ": turn it on";
    if (seen.pin_demanded && !wanted.pin)
        sentence += "; this image demands a PIN, and the disk has none: set one by 'holdfast storage pin'";
    return sentence;
}

Result<Digest> policy_of(const Seen& seen, const std::string& key, bool secure_boot, bool pin) {
    return tpm::sealing_policy(key, literal(secure_boot, *seen.pcr_7), pin ? tpm::Pin::Yes : tpm::Pin::No);
}

}  // namespace

bool asks_for_pin(const Header& header) {
    return std::ranges::any_of(header.seals, &Seal::pin);
}

Result<Decision> decide(const Seen& seen) {
    if (auto why = hindrance(seen); !why.empty()) return Decision{{}, why};
    Reseal wanted{.public_key = TRY(key_for(seen)), .secure_boot = seen.secure_boot, .pin = wants_pin(seen), .why = {}};
    const Digest policy = TRY(policy_of(seen, wanted.public_key, wanted.secure_boot, wanted.pin));
    const bool same = seen.header.seals.size() == 1 && seen.header.seals.front().policy == policy && !seen.pin_begun;
    if (same && (!seen.recovered || seen.resealed)) return Decision{{}, settled(seen, wanted)};
    wanted.afresh = seen.recovered && std::ranges::contains(seen.header.seals, policy, &Seal::policy);
    wanted.why = reason(seen, wanted);
    return Decision{wanted, "to be sealed anew: " + wanted.why};
}

Result<Reseal> with_pin(const Seen& seen, bool pin) {
    if (auto why = hindrance(seen); !why.empty()) return fail(Code::Denied, why);
    if (!pin && seen.pin_demanded)
        return fail(Code::Denied, "this image demands a PIN; set another one, or take an image that demands none");
    return Reseal{.public_key = TRY(key_for(seen)),
                  .secure_boot = seen.secure_boot,
                  .pin = pin,
                  .why = pin ? "a PIN was set" : "its PIN was taken off"};
}

Result<std::string> why_shut(const Seen& seen) {
    if (seen.header.seals.empty()) return "no TPM holds its key";
    if (!seen.pcr_7) return "no TPM 2.0 answers; it is turned off in the firmware's setup, or broken";
    const Seal& seal = seen.header.seals.front();
    const bool bound = asks_for_secure_boot(seal);
    if (bound && !seen.secure_boot) return "it is sealed to Secure Boot, which is off";
    if (!signed_by(seen.running, TRY(tpm::pcr_key_fingerprint(seal.public_key))))
        return "what was started is not signed for this disk: it is an older release, or somebody else's";
    if (TRY(policy_of(seen, seal.public_key, bound, seal.pin)) != seal.policy)
        return "what the firmware trusts (the keys of Secure Boot, PCR 7) is not what the disk was sealed to";
    return "";
}

Result<std::string> why_locked(const Seen& seen) {
    if (auto why = TRY(why_shut(seen)); !why.empty()) return why;
    if (!seen.pin_refusal.empty()) return seen.pin_refusal;
    return "what was started is not what it says, or this is not the TPM that the disk was sealed to, or it was "
           "cleared";
}

}  // namespace holdfast::storage
