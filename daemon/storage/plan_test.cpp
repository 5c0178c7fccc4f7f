#include "storage/plan.hpp"

#include "base/process.hpp"
#include "tpm/policy.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::storage;

namespace {

std::string make_key() {
    const auto secret = run_or_fail({"openssl", "genrsa", "2048"}).value();
    return run_or_fail({"openssl", "pkey", "-pubout"}, {.input = secret}).value();
}
const std::string& older() {
    static const std::string key = make_key();
    return key;
}
const std::string& newer() {
    static const std::string key = make_key();
    return key;
}
std::string print(const std::string& key) {
    return tpm::pcr_key_fingerprint(key).value();
}

const Digest trusted = sha256("the owner's Secure Boot"), other = sha256("somebody else's");

Seal to(const std::string& key, const tpm::Pcrs& pcrs, tpm::Pin pin = tpm::Pin::No) {
    Seal seal{.pcrs = {},
              .signed_pcrs = {11},
              .public_key = key,
              .policy = tpm::sealing_policy(key, pcrs, pin).value(),
              .pin = pin == tpm::Pin::Yes};
    for (const auto& [pcr, value] : pcrs) seal.pcrs.push_back(pcr);
    return seal;
}

// A good box: sealed to the key and to Secure Boot, both slots of that key.
Seen good() {
    return {.header = {.seals = {to(older(), {{7, trusted}})}, .others = 1},
            .newest_key = older(),
            .running = Fingerprints{print(older())},
            .other_slot = Fingerprints{print(older())},
            .secure_boot = true,
            .pcr_7 = trusted};
}

// The same with a PIN, which it keeps.
Seen with_a_pin() {
    auto seen = good();
    seen.header.seals = {to(older(), {{7, trusted}}, tpm::Pin::Yes)};
    seen.pin_kept = true;
    return seen;
}

bool stays(const Seen& seen, const std::string& sentence) {
    const auto decision = decide(seen).value();
    BOOST_TEST_MESSAGE(decision.sentence);
    return !decision.reseal && decision.sentence.contains(sentence);
}
Reseal resealed(const Seen& seen) {
    const auto decision = decide(seen).value();
    BOOST_REQUIRE_MESSAGE(decision.reseal, decision.sentence);
    return *decision.reseal;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_good_disk_is_left_alone) {
    BOOST_TEST(stays(good(), "and to the owner's Secure Boot"));
}

BOOST_AUTO_TEST_CASE(what_an_installation_left_is_sealed_to_secure_boot_at_the_first_good_start) {
    auto seen = good();
    seen.header.seals = {to(older(), {})};
    BOOST_TEST((resealed(seen) == Reseal{older(), true, false, false, "Secure Boot is on now"}));
    // Two keys are what a cut between adding one and taking the other off leaves.
    seen.header.seals.push_back(to(older(), {{7, trusted}}));
    BOOST_TEST(resealed(seen).secure_boot);
    seen.header.seals = {to(older(), {})};
    seen.secure_boot = false;
    BOOST_TEST(stays(seen, "turn it on"));
}

BOOST_AUTO_TEST_CASE(a_newer_key_waits_for_both_slots) {
    auto seen = good();
    seen.newest_key = newer();
    seen.running = Fingerprints{print(older()), print(newer())};
    BOOST_TEST(stays(seen, "and to the owner's Secure Boot"));
    seen.other_slot = seen.running;
    BOOST_TEST((resealed(seen) == Reseal{newer(), true, false, false, "both slots hold releases of a newer key"}));
    seen.other_slot.reset();
    BOOST_TEST(resealed(seen).public_key == newer());
}

BOOST_AUTO_TEST_CASE(after_the_recovery_key_it_is_sealed_anew_but_never_to_less) {
    auto seen = good();
    seen.recovered = true;
    BOOST_TEST((resealed(seen) == Reseal{older(), true, false, true, "the TPM did not open it at this start"}));
    // Also where a cut had left two keys.
    seen.header.seals.push_back(to(newer(), {{7, trusted}}));
    BOOST_TEST(resealed(seen).afresh);
    seen.header.seals.pop_back();
    seen.resealed = true;
    BOOST_TEST(stays(seen, "and to the owner's Secure Boot"));
    seen.pcr_7 = other;
    BOOST_TEST(resealed(seen).secure_boot);
    seen.secure_boot = false;
    BOOST_TEST(stays(seen, "Secure Boot is off, and the disk is sealed to it being on"));
    seen.pcr_7.reset();
    BOOST_TEST(stays(seen, "no TPM 2.0 answers"));
}

BOOST_AUTO_TEST_CASE(a_person_at_a_locked_box_is_told_why) {
    auto seen = good();
    seen.secure_boot = false;
    BOOST_TEST(why_locked(seen).value() == "it is sealed to Secure Boot, which is off");
    seen = good();
    seen.pcr_7 = other;
    BOOST_TEST(why_locked(seen).value().starts_with("what the firmware trusts"));
    seen = good();
    seen.running = Fingerprints{print(newer())};
    BOOST_TEST(why_locked(seen).value().contains("an older release, or somebody else's"));
    seen.running.reset();
    BOOST_TEST(why_locked(seen).value().contains("an older release, or somebody else's"));
    BOOST_TEST(why_locked(good()).value().contains("or it was cleared"));
    seen = good();
    seen.pcr_7.reset();
    BOOST_TEST(why_locked(seen).value().starts_with("no TPM 2.0 answers"));
    seen.header.seals.clear();
    BOOST_TEST(why_locked(seen).value() == "no TPM holds its key");
}

BOOST_AUTO_TEST_CASE(a_disk_keeps_its_pin) {
    auto seen = with_a_pin();
    BOOST_TEST(stays(seen, "sealed to signed releases, to the owner's Secure Boot and to a PIN"));
    seen.pcr_7 = other;
    BOOST_TEST((resealed(seen) == Reseal{older(), true, true, false, "what the firmware trusts has changed"}));
    // Also where its file went: sealing tells that then, and never takes the PIN off.
    seen.pin_kept = false;
    BOOST_TEST(resealed(seen).pin);
    seen = with_a_pin();
    seen.header.seals.clear();
    BOOST_TEST(resealed(seen).pin);
    seen.pin_kept = false;
    BOOST_TEST(!resealed(seen).pin);
    // What a cut between adding one and taking the other off leaves.
    seen = with_a_pin();
    seen.header.seals.push_back(to(older(), {{7, trusted}}));
    BOOST_TEST(resealed(seen).pin);
}

BOOST_AUTO_TEST_CASE(a_pin_that_was_begun_is_ended) {
    auto seen = with_a_pin();
    seen.pin_begun = true;
    BOOST_TEST((resealed(seen) == Reseal{older(), true, true, false, "a new PIN was being set"}));
}

BOOST_AUTO_TEST_CASE(what_an_image_demands_is_told_and_not_tried_again_and_again) {
    auto seen = good();
    seen.pin_demanded = true;
    BOOST_TEST(stays(seen, "the disk has none: set one by 'holdfast storage pin'"));
    seen.pin_kept = true;
    BOOST_TEST((resealed(seen) == Reseal{older(), true, true, false, "it does not ask for its PIN"}));
    seen = with_a_pin();
    seen.pin_demanded = true;
    BOOST_TEST(stays(seen, "and to a PIN"));
    seen.header.seals = {to(older(), {}, tpm::Pin::Yes)};
    seen.secure_boot = false;
    BOOST_TEST(stays(seen, "the PIN alone keeps out whoever has the box: turn it on"));
}

BOOST_AUTO_TEST_CASE(a_person_sets_a_pin_or_takes_it_off) {
    BOOST_TEST((with_pin(good(), true).value() == Reseal{older(), true, true, false, "a PIN was set"}));
    auto seen = with_a_pin();
    BOOST_TEST((with_pin(seen, false).value() == Reseal{older(), true, false, false, "its PIN was taken off"}));
    seen.pin_demanded = true;
    BOOST_TEST(with_pin(seen, false).error().what.contains("this image demands a PIN"));
    BOOST_TEST(with_pin(seen, true).has_value());
    seen.secure_boot = false;
    BOOST_TEST(with_pin(seen, true).error().what.contains("Secure Boot is off"));
    seen.pcr_7.reset();
    BOOST_TEST(with_pin(seen, true).error().what.contains("no TPM 2.0 answers"));
}

BOOST_AUTO_TEST_CASE(a_pin_is_asked_for_where_it_may_help_alone) {
    auto seen = with_a_pin();
    BOOST_TEST(why_shut(seen).value() == "");
    seen.pin_refusal = "three wrong PINs were typed";
    BOOST_TEST(why_shut(seen).value() == "");
    BOOST_TEST(why_locked(seen).value() == "three wrong PINs were typed");
    seen.pcr_7 = other;
    BOOST_TEST(why_shut(seen).value().starts_with("what the firmware trusts"));
    BOOST_TEST(why_locked(seen).value() == why_shut(seen).value());
    seen = with_a_pin();
    BOOST_TEST(why_locked(seen).value().contains("it was cleared"));
}
