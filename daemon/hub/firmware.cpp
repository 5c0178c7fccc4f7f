// Firmware that an authority has not seen before: what a box told of it, and a person's word on it.
#include "base/text.hpp"
#include "hub/authority.hpp"

namespace holdfast::hub {

namespace {

using enroll::Answer, enroll::Kind;

// Of the TPM's clock, which only goes on: whether it was judged after the box was admitted.
bool is_newer(const Judged& judged, const Box& box) {
    return judged.attestation == box.attestation &&
           std::pair(judged.resets, judged.clock) > std::pair(box.resets, box.clock);
}

std::string place(const Box& box) {
    return "box '" + box.name + "' at site '" + box.site + "'";
}

std::string digest_text(const tpm::Pcrs& firmware) {
    const auto digest = enroll::firmware_digest(firmware);
    return digest ? hex(*digest) : "";
}

}  // namespace

Result<Authority::Told> Authority::firmware_told(const Box& box) {
    const auto last = TRY(store_.judged(box.endorsement));
    if (!last || !is_newer(*last, box)) return Told{enroll::firmware_in(box.pcrs), box.admitted};
    if (last->outcome != "attested")
        return fail(Code::Denied, "the newest evidence of " + place(box) +
                                      " was not trusted, so neither is its firmware; look with: holdfast hub show " +
                                      box.site + " " + box.name);
    if (last->firmware.empty())
        return fail(Code::NotFound, "the newest evidence of " + place(box) +
                                        " was judged by an older program, which kept no registers; its next will do");
    return Told{last->firmware, last->at};
}

Result<Accepted> Authority::accept_firmware(const std::string& site, const std::string& name, const std::string& who,
                                            std::int64_t now) {
    const auto box = TRY(box_named(site, name));
    const auto told = TRY(firmware_told(box));
    Accepted accepted{.digest = digest_text(told.pcrs), .told = told.at};
    if (told.pcrs == enroll::firmware_in(box.pcrs)) return accepted;
    accepted.news = true;
    const enroll::Decision decision{
        {{"firmware", Answer::Yes,
          "it is the box's own from now on, and was " + digest_text(box.pcrs) + " before: " + accepted.digest}}};
    TRY(store_.pin_firmware({.at = now,
                             .request = {},
                             .endorsement = box.endorsement,
                             .site = site,
                             .name = name,
                             .outcome = "accepted",
                             .who = who,
                             .checks = json::write(as_json(decision)),
                             .answer = {}},
                            told.pcrs));
    return accepted;
}

Result<std::string> Authority::allow_firmware(const std::string& site, const std::string& name, Firmware entry) {
    const auto box = TRY(box_named(site, name));
    entry.pcrs = TRY(firmware_told(box)).pcrs;
    TRY(store_.allow(entry));
    return digest_text(entry.pcrs);
}

Result<std::string> Authority::allow_firmware(std::string_view message, Firmware entry) {
    auto read = enroll::parse_evidence(message);
    if (!read) read = enroll::parse_request(message);
    const auto said = TRY(std::move(read));
    TRY(enroll::signed_by_its_key(said));
    entry.pcrs = enroll::firmware_in(said.pcrs);
    TRY(store_.allow(entry));
    return digest_text(entry.pcrs);
}

Result<std::vector<FirmwareQuestion>> Authority::firmware_questions() {
    std::vector<FirmwareQuestion> all;
    enroll::Expectations expected;
    TRY(apply_policy(expected));
    for (const auto& box : TRY(store_.boxes())) {
        if (box.state == "revoked") continue;
        const auto told = firmware_told(box);
        if (!told && told.error().code != Code::Denied && told.error().code != Code::NotFound)
            return std::unexpected(told.error());
        if (!told) continue;
        expected.firmware_of_before = box.pcrs;
        const auto check = enroll::judge_firmware(told->pcrs, Kind::Evidence, expected);
        if (check.answer == Answer::Ask) all.push_back({box.site, box.name, digest_text(told->pcrs), told->at});
    }
    return all;
}

Result<> Authority::apply_policy(enroll::Expectations& expected) {
    const auto policy = TRY(store_.policy());
    expected.firmware = policy.firmware;
    expected.admit_unknown_endorsement_keys = policy.admit_unknown_tpms;
    if (policy.firmware != enroll::FirmwarePolicy::AllowList) return {};
    for (auto& each : TRY(store_.allowed_firmware())) expected.firmware_allowed.push_back(std::move(each.pcrs));
    return {};
}

}  // namespace holdfast::hub
