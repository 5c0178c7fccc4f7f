// What the store knows of policy.
#include "base/crash_point.hpp"
#include "base/text.hpp"
#include "hub/pcrs.hpp"
#include "hub/store.hpp"

namespace holdfast::hub {

namespace {

constexpr std::string_view firmware_policy = "firmware", unknown_tpms = "unknown-tpm";

std::string_view text(bool admit_unknown_tpms) {
    return admit_unknown_tpms ? "admit" : "ask";
}

}  // namespace

Result<std::vector<Ruling>> Store::rulings() {
    std::vector<Ruling> all;
    const auto rows = TRY((database_.rows<std::int64_t, std::string, std::string, std::string, std::string>(
        "SELECT at, who, what, value, why FROM policy ORDER BY id")));
    for (const auto& [at, who, what, value, why] : rows) all.push_back({at, who, what, value, why});
    return all;
}

// A word that a newer program has written, and this one does not know, leaves the question to a person.
Result<Policy> Store::policy() {
    Policy policy;
    const auto rows = TRY((database_.rows<std::string, std::string>(
        "SELECT what, value FROM policy WHERE id IN (SELECT max(id) FROM policy WHERE what IN (?, ?) GROUP BY what)",
        firmware_policy, unknown_tpms)));
    for (const auto& [what, value] : rows) {
        if (what == firmware_policy) policy.firmware = enroll::firmware_policy(value).value_or(policy.firmware);
        if (what == unknown_tpms) policy.admit_unknown_tpms = value == text(true);
    }
    return policy;
}

Result<> Store::insert(const Ruling& r) {
    TRY(database_.run("INSERT INTO policy(at, who, what, value, why) VALUES(?, ?, ?, ?, ?)", r.at, r.who, r.what,
                      r.value, r.why));
    return {};
}

Result<> Store::insert(const Word& word, const std::string& what, const std::string& value) {
    return insert(Ruling{word.at, word.who, what, value, word.why});
}

Result<> Store::change(const PolicyChange& change, const std::string& who, std::int64_t now) {
    auto transaction = TRY(database_.begin());
    const auto before = TRY(policy());
    const auto firmware = change.firmware.value_or(before.firmware);
    const bool admit = change.admit_unknown_tpms.value_or(before.admit_unknown_tpms);
    if (firmware != before.firmware)
        TRY(insert(Ruling{now, who, std::string(firmware_policy), std::string(enroll::text(firmware))}));
    crash_point("hub.decided");
    if (admit != before.admit_unknown_tpms)
        TRY(insert(Ruling{now, who, std::string(unknown_tpms), std::string(text(admit))}));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return {};
}

Result<> Store::allow(const Firmware& f) {
    const auto digest = enroll::firmware_digest(f.pcrs);
    if (!digest) return fail(Code::Corrupt, "the registers of the firmware (PCR 0 and 2) are not there");
    auto transaction = TRY(database_.begin());
    TRY(insert(Ruling{f.at, f.who, "allowed", hex(*digest)}));
    crash_point("hub.decided");
    TRY(
        database_.run("INSERT INTO firmware(digest, pcrs, note, who, at) VALUES(?, ?, ?, ?, ?)"
                      " ON CONFLICT(digest) DO UPDATE SET who = excluded.who, at = excluded.at,"
                      " note = CASE excluded.note WHEN '' THEN note ELSE excluded.note END",
                      hex(*digest), write_pcrs(enroll::firmware_in(f.pcrs)), f.note, f.who, f.at));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return {};
}

Result<> Store::forget_firmware(const Digest& digest, const std::string& who, std::int64_t now) {
    auto transaction = TRY(database_.begin());
    if (TRY(database_.run("DELETE FROM firmware WHERE digest = ?", hex(digest))) == 0)
        return fail(Code::NotFound,
                    "no firmware " + hex(digest) + " is on the list; look with: holdfast hub firmware list");
    crash_point("hub.decided");
    TRY(insert(Ruling{now, who, "forgotten", hex(digest)}));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return {};
}

Result<std::vector<Firmware>> Store::allowed_firmware() {
    std::vector<Firmware> all;
    const auto rows = TRY((database_.rows<std::string, std::string, std::string, std::int64_t>(
        "SELECT pcrs, note, who, at FROM firmware ORDER BY at, digest")));
    for (const auto& [pcrs, note, who, at] : rows) all.push_back({TRY(parse_pcrs(pcrs)), note, who, at});
    return all;
}

Result<> Store::pin_firmware(const Past& past, const tpm::Pcrs& firmware) {
    auto transaction = TRY(database_.begin());
    TRY(insert(past));
    crash_point("hub.decided");
    const auto before =
        TRY((database_.first<std::string>("SELECT pcrs FROM box WHERE endorsement = ?", past.endorsement)));
    if (!before) return fail(Code::NotFound, "there is no box with the endorsement key " + past.endorsement);
    auto pcrs = TRY(parse_pcrs(*before));
    for (const auto& [number, value] : firmware) pcrs[number] = value;
    TRY(database_.run("UPDATE box SET pcrs = ? WHERE endorsement = ?", write_pcrs(pcrs), past.endorsement));
    TRY(transaction.commit());
    crash_point("hub.recorded");
    return {};
}

}  // namespace holdfast::hub
