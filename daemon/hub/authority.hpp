// Who admits boxes: keys, a database, and one decision after the other.
#pragma once

#include "enroll/answer.hpp"
#include "enroll/decision.hpp"
#include "hub/root.hpp"
#include "hub/store.hpp"
#include "identity/issue.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::hub {

// What a person has said about questions that the checks could not answer.
struct Person {
    std::string name;          // who; "" is nobody, and questions stay questions
    std::string site, box;     // what the box is to be called, or "" where it says itself or its ticket does
    bool brings_back = false;  // also a box that was revoked
};

struct Admission {
    enroll::Decision decision;
    std::string site, name, endorsement;
    std::string answer;     // for the box; "" where it is not admitted
    bool repeated = false;  // this very message had been decided on before: the answer of then
    bool revoked = false;   // its box was: a person has to say that it is to come back
    std::string outcome;    // of evidence: attested, untrusted; late where newer evidence was judged before
    bool news = false;      // of evidence: it is another outcome than before, or for other reasons
};

// "box 'ventilator-7' at site 'north'"
std::string called(const std::string& site, const std::string& name);

struct Accepted {
    std::string digest;     // of the firmware, hex
    std::int64_t told = 0;  // when the box told of it
    bool news = false;      // it was another one before
};

// A box that goes on as it is, until a person says whether its firmware is good.
struct FirmwareQuestion {
    std::string site, name;
    std::string digest;     // of the firmware, hex
    std::int64_t told = 0;  // when the box told of it
};

// Puts on record that this is about to be done to that box ("admit", "north/ventilator-7"), does it, and what it has
// come to.
using OnRecord =
    std::function<Result<>(const std::string& verb, const std::string& on, const std::function<Result<>()>& deed)>;

class Authority {
public:
    // Makes `folder` with an intermediate key, certificates, where the root's key is, and an empty database. Denied
    // where there is an authority already; nothing is written where the root cannot sign.
    static Result<> create(const std::filesystem::path& folder, const std::string& trust_domain, Root root,
                           std::int64_t now);
    // With a new root, whose key lies in root.key and is for a safe place.
    static Result<> create(const std::filesystem::path& folder, const std::string& trust_domain, std::int64_t now);
    // Denied where `folder` holds an authority.
    static Result<> check_vacant(const std::filesystem::path& folder);
    // Whether `begin` was there, and `finish` was not.
    static bool was_begun(const std::filesystem::path& folder);
    // The root's key need not be there. NotFound where there is no authority.
    static Result<Authority> open(const std::filesystem::path& folder);
    // New certificates for the same keys, the intermediate's and the one for recovery keys, for as long again. What was
    // signed before stays good. Denied where that is not the root of this authority.
    Result<> renew(Root root, std::int64_t now);
    // Where the root is on another computer, in two steps. Makes the intermediate's key where there is none, and tells
    // the request for its certificate (PEM). Denied where `folder` holds an authority.
    static Result<std::string> begin(const std::filesystem::path& folder, const std::string& trust_domain);
    // The same for keys that are in use.
    Result<std::string> request() const;
    // Takes what sign_request has made of that (PEM): there is an authority then, or it is renewed. Corrupt where it is
    // something else; Denied where it is for another key or trust domain, or by another root than before.
    static Result<> finish(const std::filesystem::path& folder, std::string_view certificates, std::int64_t now);

    // For whoever decides with no person there: what changes what a box is goes on record first.
    void record_with(OnRecord record) { record_ = std::move(record); }
    Store& store() { return store_; }
    const std::string& trust_domain() const { return trust_domain_; }
    // SHA-256 of the root's public key, hex: what boxes and people know this authority by.
    const std::string& fingerprint() const { return fingerprint_; }
    // Seconds since the epoch: the end of the intermediate's certificate.
    Result<std::int64_t> until() const;

    // A code that nobody guesses (80 bits), for that site and names that match.
    Result<Ticket> make_ticket(const std::string& site, const std::string& pattern, std::int64_t expires,
                               std::int64_t uses, bool issuing = false, const Word& word = {});
    // Decides, and writes the decision down before it answers. The same request again gets the same answer, so a kill
    // anywhere costs nothing; but none where its box was revoked since. Corrupt where it is no request.
    Result<Admission> admit(std::string_view request, const Person& person, std::int64_t now);
    // Decides whether what a box says it runs is what it should, and writes that down where it is news. The same
    // evidence again gets the same decision again; what is older than the last that was judged is late and changes
    // nothing. Of a revoked box it is untrusted in any case. NotFound where no box here has that endorsement key,
    // Denied where that box's TPM has not signed it: of those nothing is kept.
    Result<Admission> judge_evidence(std::string_view evidence, std::int64_t now);
    // For a server of this authority, by those names: its certificate, the intermediate's, the root's.
    Result<std::vector<std::string>> server_chain(EVP_PKEY* key, const std::vector<std::string>& names,
                                                  identity::Validity validity) const;
    // For this authority's own node of that name, to which no box is admitted.
    Result<enroll::Grant> own_grant(EVP_PKEY* key, const std::string& name, identity::Validity validity) const;
    // The certificates by which a box leaves its disk's recovery key here: that key's, the intermediate's, the root's.
    // NotFound where there is none.
    Result<std::vector<std::string>> escrow_chain() const;
    // Makes the key for that where there is none; escrow.key may lie in a safe place until it is needed.
    Result<> make_escrow_key(std::int64_t now);
    // The recovery key of a box's disk, also of a revoked one, and who asked for it is written down. NotFound where the
    // box left none, or escrow.key is not here.
    Result<std::string> recover(const Box& box, const std::string& who, std::int64_t now);
    // Also one that was revoked, for what is only looked at: the box that has or had that name last, or of all those
    // the one whose endorsement key begins so.
    Result<Box> box_known(const std::string& site, const std::string& name, const std::string& endorsement = {});
    // "revoked on 2026-09-21 14:13 UTC by ada: it was stolen"; "admitted on …".
    Result<std::string> standing_of(const Box& box);
    // Its certificates are worth nothing from now on, and its name is free. Denied where that is so, as with all that
    // is done to a box.
    Result<> revoke(const std::string& site, const std::string& name, const std::string& why, const std::string& who,
                    std::int64_t now);
    // Its certificates are on hold, and it gets no other one, until it is freed. False where that is so already.
    Result<bool> quarantine(const std::string& site, const std::string& name, const std::string& why,
                            const std::string& who, std::int64_t now);
    // The end of a quarantine. False where there is none.
    Result<bool> release(const std::string& site, const std::string& name, const std::string& who, std::int64_t now);
    // The firmware of the newest evidence of a box is its own from now on. Nothing happens where it is that already.
    // Denied where that evidence was not trusted.
    Result<Accepted> accept_firmware(const std::string& site, const std::string& name, const std::string& who,
                                     std::int64_t now);
    // Puts that firmware on the list for all boxes, and tells its digest: of a box as above, or as it was admitted
    // where no evidence came since; or of a request or evidence, whose own key has to vouch for it.
    Result<std::string> allow_firmware(const std::string& site, const std::string& name, Firmware entry);
    Result<std::string> allow_firmware(std::string_view message, Firmware entry);
    // Of boxes that were admitted; by the policy as it is now.
    Result<std::vector<FirmwareQuestion>> firmware_questions();
    // What was taken back, for boxes and for every program that knows X.509: a list in PEM, signed by the intermediate.
    // The same until something changes; made anew once half of its time is over.
    Result<std::string> list(std::int64_t now);

private:
    explicit Authority(Store store) : store_(std::move(store)) {}
    Result<enroll::Expectations> expectations(const enroll::Request& request, const std::optional<Box>& before,
                                              std::int64_t now);
    // The ticket, where it is a good one; `expected` is told in any case.
    Result<std::optional<Ticket>> judge_ticket(const enroll::Request& request, const std::optional<Box>& before,
                                               enroll::Expectations& expected);
    Result<> judge(Admission& admission, const enroll::Request& request, const std::string& message,
                   const std::optional<Box>& before);
    Result<> grant(Admission& admission, Past& past, const enroll::Request& request, std::string_view message,
                   const std::string& ticket);
    Result<std::string> issue(const enroll::Request& request, const Admission& admission, std::string_view message,
                              std::int64_t now, enroll::Grant& grant) const;
    Result<> adopt(const std::string& certificate, std::int64_t now);
    Result<Box> box_named(const std::string& site, const std::string& name);
    Result<std::optional<enroll::Check>> check_standing(const Box& box, enroll::Kind kind,
                                                        const std::string& message = {});
    Result<Admission> refuse_revoked(Admission admission, Past past, const Past& revoked);
    struct Told {
        tpm::Pcrs pcrs;
        std::int64_t at = 0;
    };
    Result<Told> firmware_told(const Box& box);
    Result<> apply_policy(enroll::Expectations& expected);
    enroll::Check check_escrow(const enroll::Request& request) const;
    Result<> on_record(const std::string& verb, const std::string& on, const std::function<Result<>()>& deed) const {
        return record_ ? record_(verb, on, deed) : deed();
    }

    Store store_;
    OnRecord record_;
    std::filesystem::path folder_;
    identity::Key key_;
    std::string trust_domain_, root_, certificate_, fingerprint_;
    enroll::Manufacturers manufacturers_;
    std::string manufacturers_known_;
};

}  // namespace holdfast::hub
