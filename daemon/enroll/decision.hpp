// Whether a box is to be admitted: a list of checks, each with its answer and its reason. Pure: no TPM, no clock, no
// network, no disk.
#pragma once

#include "base/json.hpp"
#include "enroll/firmware.hpp"
#include "enroll/manufacturers.hpp"
#include "enroll/reference.hpp"
#include "enroll/request.hpp"
#include "tpm/event_log.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::enroll {

enum class Answer {
    Yes,
    No,
    Ask,  // a person decides
};

struct Check {
    std::string name;  // what was looked at: "endorsement key"
    Answer answer = Answer::No;
    std::string reason;  // one sentence, also where it is fine
    bool operator==(const Check&) const = default;
};

// What the authority holds against it.
struct Expectations {
    std::vector<Reference> references;
    Manufacturers manufacturers;
    std::set<Digest> known_endorsement_keys;      // SHA-256 of the EK's public area
    bool admit_unknown_endorsement_keys = false;  // else a person is asked
    std::set<Digest> secure_boot_keys;            // SHA-256 of the data of the owner's PK, KEK and db variables
    FirmwarePolicy firmware = FirmwarePolicy::Pinned;
    std::optional<tpm::Pcrs> firmware_of_before;  // as this box was admitted, or as was accepted since
    std::vector<tpm::Pcrs> firmware_allowed;
    bool may_issue = false;  // certificates of its workloads; else a person is asked
    enum class Ticket { None, Known, Good, Expired, UsedUp, Revoked, Unknown, OtherName } ticket = Ticket::None;
    std::string which_ticket;       // that is good: "3f09ab12, made by Ada"
    std::uint64_t now = 0;          // seconds since the epoch
    std::string box = "SITE NAME";  // what it is called in commands that are told, where it has a name already
};

struct Decision {
    std::vector<Check> checks;
    // No where one says no, else Ask where one asks.
    Answer answer() const;
};

Decision decide(const Request& request, const Expectations& expected);
// The same of evidence: what the box runs, and not who it is, which was decided once.
Decision attest(const Request& evidence, const Expectations& expected);

// Whether the attestation key in it has signed the whole message, and the TPM its registers: what has to hold before
// anything that it says is written down. Denied, with the reason.
Result<> signed_by_its_key(const Request& message);

// The check of the firmware alone, for what is kept of a message.
Check judge_firmware(const tpm::Pcrs& pcrs, Kind kind, const Expectations& expected);

// SHA-256 of the data of the firmware's PK, KEK and db, as a request's log tells them; fewer where it does not.
std::set<Digest> secure_boot_keys(const Request& request);

std::string_view text(Answer answer);  // yes, no, ask
// [{"name", "answer", "reason"}]
Json as_json(const Decision& decision);

}  // namespace holdfast::enroll
