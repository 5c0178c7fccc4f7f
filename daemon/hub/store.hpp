// What an authority remembers: SQLite, every decision in it. Bytes are kept as hex.
#pragma once

#include "base/sqlite.hpp"
#include "enroll/decision.hpp"
#include "identity/crl.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::hub {

struct Ticket {
    std::string code;          // what a person types in: "K7QF-2M4X-…"
    std::string site;          // that it admits to
    std::string pattern;       // of names: a name, or one that ends with '*'
    std::int64_t expires = 0;  // seconds since the epoch
    std::int64_t uses = 1, used = 0;
    bool issuing = false;                // its boxes may sign certificates of their workloads
    std::string who;                     // has made it; "" where nobody said
    std::int64_t made = 0, revoked = 0;  // seconds since the epoch; 0: an older program has made it; it is not revoked
};

// A code as people type it, in the form that it was made in: small letters, an O for a 0, an I or L for a 1, without
// its hyphens or with blanks. What can be none stays as it is.
std::string written_code(std::string_view typed);

// What people call a ticket by, who need not know its code: digits.
std::string id_of(const Ticket& ticket);

// A person's word; `who` is "" where nobody said.
struct Word {
    std::string who, why;
    std::int64_t at = 0;
};

enum class Trust { Manufacturer, SecureBoot, Endorsement };

std::string_view text(Trust kind);  // manufacturer, secure-boot, endorsement

// A key that counts here.
struct Trusted {
    Trust kind = Trust::Manufacturer;
    std::string digest;   // SHA-256, hex: of the certificate, of the variable's data, of the endorsement key
    std::string what;     // the certificate (DER), the variable's name, the note
    std::string who;      // has taken it; "" where nobody said
    std::int64_t at = 0;  // seconds since the epoch, or 0
};

// A box that was admitted.
struct Box {
    std::string endorsement;  // SHA-256 of its endorsement key's public area, hex: what it is known by
    std::string site, name;
    std::string state;                   // admitted, quarantined, revoked
    std::string attestation;             // SHA-256 of its attestation key's public area, hex
    std::string certificate;             // DER
    tpm::Pcrs pcrs;                      // as it was admitted last; firmware as it was accepted since
    std::int64_t clock = 0, resets = 0;  // of its TPM, then
    std::int64_t admitted = 0;           // seconds since the epoch
    bool issuing = false;                // has an authority of its own
    std::string escrow;                  // its disk's recovery key, sealed; only written, and "" leaves what is kept
};

inline constexpr std::size_t checks_limit = 64UL * 1024;  // bytes of `checks` below

// The evidence of a box that was judged last.
struct Judged {
    std::string endorsement, attestation;  // as of Box; another attestation key begins anew
    std::int64_t clock = 0, resets = 0;    // of its TPM, when it made that evidence
    std::string message;                   // SHA-256 of it, hex
    std::string outcome;                   // attested, untrusted
    std::string checks;                    // JSON: [{"name", "answer", "reason"}]
    std::int64_t since = 0, at = 0;        // the first and the last time that this was said of it, one after the other
    std::int64_t times = 0;                // how often
    tpm::Pcrs firmware;                    // its registers of that; none where an older program has judged it
};

struct Past {
    std::int64_t at = 0;
    std::string request;  // SHA-256 of the message, hex
    std::string endorsement, site, name;
    std::string outcome;  // admitted, asked, refused; quarantined, freed, revoked, recovered, accepted; attested,
                          // untrusted
    std::string who;      // the person that decided, or "" where the checks alone did
    std::string checks;   // JSON: [{"name", "answer", "reason"}]
    std::string answer;   // the message, where admitted
};

// What is taken without asking a person.
struct Policy {
    enroll::FirmwarePolicy firmware = enroll::FirmwarePolicy::Pinned;
    bool admit_unknown_tpms = false;
};

struct PolicyChange {
    std::optional<enroll::FirmwarePolicy> firmware;
    std::optional<bool> admit_unknown_tpms;
};

// A change of what is taken, as it was written down.
struct Ruling {
    std::int64_t at = 0;
    std::string who;
    // firmware: pinned, …; unknown-tpm: ask, admit; allowed, forgotten: a firmware's digest; trusted, distrusted: kind
    // and digest of a key; release-added, release-revoked: its commit; ticket-made, ticket-revoked: its id
    std::string what, value;
    std::string why;
};

struct Firmware {
    tpm::Pcrs pcrs;  // its registers
    std::string note, who;
    std::int64_t at = 0;
};

class Store {
public:
    static Result<Store> open(const std::filesystem::path& file);

    Result<> add_ticket(const Ticket& ticket);
    Result<std::optional<Ticket>> ticket(const std::string& code);
    Result<std::vector<Ticket>> tickets();
    // Whether it was not revoked before.
    Result<bool> revoke_ticket(const Ticket& ticket, const Word& word);

    // The measurements of a release as image/measure writes them.
    // Denied where it was revoked and is not to be taken back, or is known with others.
    Result<> add_release(const std::string& ref, const std::string& version, const std::string& commit,
                         const std::string& measurements, const Word& word = {}, bool bring_back = false);
    // Whether it was not revoked before. NotFound where there is none with that whole commit.
    Result<bool> revoke_release(const std::string& commit, const Word& word = {});
    Result<std::vector<enroll::Reference>> releases();
    // SHA-256 of the measurements of a release as they were given, hex. NotFound where there is none with that commit.
    Result<std::string> measurements(const std::string& commit);

    // Each tells whether it is new here.
    Result<bool> allow_endorsement(const Digest& key, const std::string& note, const Word& word = {});
    Result<std::set<Digest>> allowed_endorsements();
    Result<bool> add_secure_boot_key(const std::string& variable, const Digest& data, const Word& word = {});
    Result<std::set<Digest>> secure_boot_keys();
    Result<bool> add_manufacturer(const std::string& certificate, const Word& word = {});
    Result<std::vector<std::string>> manufacturers();
    // Another text once one was added or taken back.
    Result<std::string> manufacturers_state();
    // All of them, and the end of one.
    Result<std::vector<Trusted>> trusted();
    Result<> distrust(const Trusted& key, const Word& word);

    Result<Policy> policy();
    // Only what is another than before is written down.
    Result<> change(const PolicyChange& change, const std::string& who, std::int64_t now);
    // All changes, the oldest first.
    Result<std::vector<Ruling>> rulings();
    // The list of firmware. Once more: its note is another one, where one is given. Corrupt where registers are not
    // there.
    Result<> allow(const Firmware& firmware);
    // NotFound where it is not on the list.
    Result<> forget_firmware(const Digest& digest, const std::string& who, std::int64_t now);
    Result<std::vector<Firmware>> allowed_firmware();
    // That is the box's own firmware from now on, and who said so is written down.
    Result<> pin_firmware(const Past& past, const tpm::Pcrs& firmware);

    Result<std::optional<Box>> box(const std::string& endorsement);
    Result<std::optional<Box>> box_named(const std::string& site, const std::string& name);
    // Every box that was ever admitted by that name: the one that has it, then those that were decided on last.
    Result<std::vector<Box>> boxes_named(const std::string& site, const std::string& name);
    // The endorsement key of the box that has that name.
    Result<std::optional<std::string>> holder(const std::string& site, const std::string& name);
    Result<std::vector<Box>> boxes();

    // The recovery key that a box left here last, sealed; nothing where it left none.
    Result<std::optional<std::string>> escrow(const std::string& endorsement);

    // The answer that this request got already, so that asking again is answered again.
    Result<std::optional<Past>> past(const std::string& request);
    // The last decision on a box with that outcome.
    Result<std::optional<Past>> last(const std::string& endorsement, const std::string& outcome);
    // Where that box was revoked after it was admitted so: that.
    Result<std::optional<Past>> revoked_since(const Past& admitted);
    // What was asked or refused, the newest first, as it was decided last; not where its box was admitted or revoked
    // since. A thousand at most.
    Result<std::vector<Past>> unanswered();
    // Whether that message was decided on before the box of that endorsement key was revoked.
    Result<bool> seen_before_revocation(const std::string& request, const std::string& endorsement);
    // Whether the same was decided of the same request before, for the same reasons.
    Result<bool> knows(const Past& past);
    Result<std::vector<Past>> history(const std::string& endorsement);
    // What was judged last of a box.
    Result<std::optional<Judged>> judged(const std::string& endorsement);
    // Keeps that as the last, and the decision where there is news.
    Result<> record(const Judged& judged, const std::optional<Past>& news);
    // All of it or nothing: the decision, the box where it was admitted, the serial numbers of the certificates that it
    // got, and one use of its ticket.
    Result<> record(const Past& past, const std::optional<Box>& box, const std::string& ticket,
                    const std::vector<std::string>& serials = {});
    // The decision, the box in its new state, and what that makes of all certificates that it ever got. What was
    // revoked stays so.
    Result<> record(const Past& past, const Box& box, const std::optional<identity::Withdrawal>& withdrawal);

    // What was taken back, as one signed list: the last one where nothing has changed since and it was not made before
    // `renew`, else a new one with a higher number, by `make`. Two programs that ask at the same time get the same.
    using Make = std::function<Result<std::string>(std::uint64_t number,
                                                   const std::map<std::string, identity::Withdrawn>& entries)>;
    Result<std::string> list(std::int64_t now, std::int64_t renew, const Make& make);

private:
    Result<> insert(const Past& past);
    Result<> insert(const Ruling& ruling);
    Result<> insert(const Word& word, const std::string& what, const std::string& value);
    Result<> insert(const Box& box);
    Result<std::map<std::string, identity::Withdrawn>> withdrawn();
    explicit Store(sqlite::Database database) : database_(std::move(database)) {}
    sqlite::Database database_;
};

}  // namespace holdfast::hub
