#include "hub/authority.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "hub/validity.hpp"
#include "tpm/attested.hpp"
#include "tpm/public_key.hpp"

#include <algorithm>
#include <array>
#include <openssl/rand.h>

namespace holdfast::hub {

namespace {

namespace fs = std::filesystem;

using enroll::Answer;
using enroll::Check;

constexpr std::int64_t box_days = 90;
constexpr std::size_t file_limit = 64UL * 1024;

bool matches(std::string_view pattern, std::string_view name) {
    if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == name;
}

bool are_names(std::string_view pattern) {
    if (!pattern.ends_with('*')) return identity::is_label(pattern);
    return pattern.size() == 1 || identity::is_label(std::string(pattern.substr(0, pattern.size() - 1)) + "0");
}

Result<std::string> one_certificate(const fs::path& file) {
    const std::string pem = TRY(read_whole(file, file_limit));
    return TRY(in(file.string(), identity::certificates_in(pem))).front();
}

// A TPM's clock only goes on, and its counter of resets only up (TPM 2.0 Library, part 1, section 36).
using Moment = std::pair<std::uint64_t, std::uint64_t>;  // resets, clock

Moment moment(std::int64_t resets, std::int64_t clock) {
    return {static_cast<std::uint64_t>(resets), static_cast<std::uint64_t>(clock)};
}

// What is not newer than what was admitted last is an old request. Only a TPM that was cleared has a new attestation
// key; or somebody shows an endorsement key that is another's, and will not be able to open the answer.
Check check_freshness(const enroll::Request& request, const std::optional<Box>& before) {
    const std::string name = "freshness";
    const auto quoted = tpm::read_quote(request.quote.statement);
    if (!quoted) return {name, Answer::No, quoted.error().what};
    if (!before) return {name, Answer::Yes, "it is the first of this box"};
    if (before->attestation != sha256_hex(request.attestation_public))
        return {name, Answer::Ask, "this box has another attestation key than before: was its TPM cleared?"};
    if (Moment(quoted->resets, quoted->clock) > moment(before->resets, before->clock))
        return {name, Answer::Yes, "it is newer than what was admitted before"};
    return {name, Answer::No, "it is older than what was admitted before: a request that was kept, or a TPM set back"};
}

// What was said of the same evidence before.
Result<Admission> repeated(Admission said, const Judged& last) {
    const Json checks = TRY(json::parse(last.checks, checks_limit));
    for (const auto& each : checks) {
        const std::string answer = TRY(json::text(each, "answer", 8));
        said.decision.checks.push_back({.name = TRY(json::text(each, "name", checks_limit)),
                                        .answer = answer == "yes"   ? Answer::Yes
                                                  : answer == "ask" ? Answer::Ask
                                                                    : Answer::No,
                                        .reason = TRY(json::text(each, "reason", checks_limit))});
    }
    said.outcome = last.outcome;
    said.repeated = true;
    return said;
}

// What is missing, and who could have said it.
std::string nameless(const Admission& admission, const enroll::Request& request) {
    const bool site = !identity::is_label(admission.site);
    if (site && !request.ticket.empty()) return "its site is that of its ticket, which is not good";
    const std::string what = site ? "site" : "name";
    return "nobody has said its " + what + "; give it with --" + what;
}

constexpr auto own_site = "the site 'authority' is that of authorities alone; give the box's own one with --site";

// Who asks for nothing else stays who it is.
void keep_name(Admission& admission, const Box& before) {
    if (admission.site.empty()) admission.site = before.site;
    if (admission.name.empty()) admission.name = before.name;
}

// A person may give another name than the one that the ticket was looked at for.
Check ask_for_other_name(const Admission& admission, const Ticket& ticket) {
    return {"name", Answer::Ask,
            "its ticket is for the names " + ticket.pattern + "; shall it be " + admission.name + " all the same?"};
}

// An answer is for the name that it was given for.
Result<Admission> again(Admission admission, const Past& earlier, const Person& person) {
    if ((!person.site.empty() && person.site != earlier.site) || (!person.box.empty() && person.box != earlier.name))
        return fail(Code::Denied, "this request was answered before, for " + called(earlier.site, earlier.name) +
                                      "; for another name make a new request on the box");
    admission.answer = earlier.answer;
    admission.repeated = true;
    return admission;
}

Past past_of(const Judged& judged, const Admission& said) {
    return {.at = judged.at,
            .request = judged.message,
            .endorsement = judged.endorsement,
            .site = said.site,
            .name = said.name,
            .outcome = judged.outcome,
            .who = {},
            .checks = judged.checks,
            .answer = {}};
}

}  // namespace

Result<std::vector<std::string>> Authority::server_chain(EVP_PKEY* key, const std::vector<std::string>& names,
                                                         identity::Validity validity) const {
    const std::string own = TRY(identity::make_server({certificate_, key_.get()}, key, names, validity));
    return std::vector{own, certificate_, root_};
}

Result<enroll::Grant> Authority::own_grant(EVP_PKEY* key, const std::string& name, identity::Validity validity) const {
    const identity::SpiffeId id{trust_domain_, std::string(identity::authority_site), name, {}};
    const auto own = TRY(identity::make_leaf({certificate_, key_.get(), {}}, key, id, validity));
    return enroll::Grant{.chain = {own, certificate_}, .roots = {root_}, .issuing = {}};
}

Result<Authority> Authority::open(const fs::path& folder) {
    if (was_begun(folder))
        return fail(Code::NotFound,
                    folder.string() +
                        " waits for what the root has to answer; next: holdfast hub init --intermediate "
                        "FILE (and the request again: holdfast hub init --root-request FILE)");
    if (!fs::exists(folder / "authority.pem"))
        return fail(Code::NotFound,
                    folder.string() + " holds no authority; make one with: holdfast hub init --trust-domain DOMAIN");
    Authority opened(TRY(Store::open(folder / "hub.db")));
    opened.folder_ = folder;
    opened.key_ = TRY(identity::read_key(folder / "authority.key"));
    opened.root_ = TRY(one_certificate(folder / "root.pem"));
    opened.certificate_ = TRY(one_certificate(folder / "authority.pem"));
    opened.trust_domain_ = trim(TRY(read_whole(folder / "trust-domain", 256)));
    opened.fingerprint_ = TRY(identity::facts_of(opened.root_)).fingerprint;
    return opened;
}

Result<Ticket> Authority::make_ticket(const std::string& site, const std::string& pattern, std::int64_t expires,
                                      std::int64_t uses, bool issuing, const Word& word) {
    if (!identity::is_label(site))
        return fail(Code::Corrupt,
                    "'" + site + "' is no name of a site; it is small letters, digits and hyphens, 63 at most");
    if (site == identity::authority_site) return fail(Code::Denied, own_site);
    if (!are_names(pattern))
        return fail(Code::Corrupt,
                    "no box can be called '" + pattern +
                        "'; names are small letters, digits and hyphens, and a * at the end is any rest");
    // Crockford's base 32: no letter that is taken for another one.
    constexpr std::string_view letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::array<unsigned char, 16> bytes{};
    if (RAND_bytes(bytes.data(), bytes.size()) != 1) return fail(Code::Bug, "no random bytes can be had");
    Ticket ticket{.code = {}, .site = site, .pattern = pattern, .expires = expires, .uses = uses, .issuing = issuing};
    ticket.who = word.who;
    ticket.made = word.at;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0 && i % 4 == 0) ticket.code += '-';
        ticket.code += letters[bytes[i] % letters.size()];
    }
    TRY(store_.add_ticket(ticket));
    return ticket;
}

Result<std::optional<Ticket>> Authority::judge_ticket(const enroll::Request& request, const std::optional<Box>& before,
                                                      enroll::Expectations& expected) {
    using State = enroll::Expectations::Ticket;
    const auto is = [&](State state) { return expected.ticket = state, std::nullopt; };
    if (before && before->state != "revoked") {
        expected.may_issue = before->issuing;
        return is(State::Known);
    }
    if (request.ticket.empty()) return is(State::None);
    auto ticket = TRY(store_.ticket(request.ticket));
    if (!ticket) return is(State::Unknown);
    if (ticket->revoked != 0) return is(State::Revoked);
    if (ticket->expires < static_cast<std::int64_t>(expected.now)) return is(State::Expired);
    if (ticket->used >= ticket->uses) return is(State::UsedUp);
    const bool site = request.site.empty() || request.site == ticket->site;
    if (!site || !matches(ticket->pattern, request.name)) return is(State::OtherName);
    expected.may_issue = ticket->issuing;
    expected.ticket = State::Good;
    expected.which_ticket = id_of(*ticket) + (ticket->who.empty() ? "" : ", made by " + ticket->who);
    return ticket;
}

Result<enroll::Expectations> Authority::expectations(const enroll::Request& request, const std::optional<Box>& before,
                                                     std::int64_t now) {
    if (auto known = TRY(store_.manufacturers_state()); known != manufacturers_known_) {
        manufacturers_ = enroll::Manufacturers(TRY(store_.manufacturers()));
        manufacturers_known_ = std::move(known);
    }
    enroll::Expectations expected{.references = TRY(store_.releases()),
                                  .manufacturers = manufacturers_,
                                  .known_endorsement_keys = TRY(store_.allowed_endorsements()),
                                  .secure_boot_keys = TRY(store_.secure_boot_keys()),
                                  .now = static_cast<std::uint64_t>(now)};
    TRY(apply_policy(expected));
    if (before) {
        expected.box = before->site + " " + before->name;
        expected.firmware_of_before = before->pcrs;
        // It was vouched for once, and has proved since that it is the same TPM.
        expected.known_endorsement_keys.insert(sha256(request.ek_public));
    }
    return expected;
}

Result<std::string> Authority::issue(const enroll::Request& request, const Admission& admission,
                                     std::string_view message, std::int64_t now, enroll::Grant& grant) const {
    const identity::Issuer issuer{certificate_, key_.get()};
    const identity::SpiffeId id{trust_domain_, admission.site, admission.name, {}};
    const identity::Validity validity = valid(now, box_days);
    const auto device = TRY(tpm::public_key(request.device_public));
    grant = {.chain = {TRY(identity::make_leaf(issuer, device.get(), id, validity)), certificate_},
             .roots = {root_},
             .issuing = {}};
    if (!request.issuing_public.empty()) {
        const auto issuing = TRY(tpm::public_key(request.issuing_public));
        grant.issuing = TRY(identity::make_box_authority(issuer, issuing.get(), id, validity));
    }
    return enroll::write_answer(sha256(message), grant, request.ek_public, request.attestation_public);
}

// The checks that need what is remembered of other boxes.
Result<> Authority::judge(Admission& admission, const enroll::Request& request, const std::string& message,
                          const std::optional<Box>& before) {
    auto& checks = admission.decision.checks;
    checks.push_back(check_freshness(request, before));
    if (!request.escrow.empty()) checks.push_back(check_escrow(request));
    if (before)
        if (auto standing = TRY(check_standing(*before, enroll::Kind::Request, message)))
            checks.push_back(*std::move(standing));
    if (!identity::is_label(admission.site) || !identity::is_label(admission.name)) {
        checks.push_back({"name", Answer::No, nameless(admission, request)});
        return {};
    }
    if (admission.site == identity::authority_site) {
        checks.push_back({"name", Answer::No, own_site});
        return {};
    }
    if (before && (before->site != admission.site || before->name != admission.name))
        checks.push_back({"name", Answer::Ask,
                          "this is " + called(before->site, before->name) + "; shall it be " +
                              called(admission.site, admission.name) + " from now on?"});
    const auto holder = TRY(store_.holder(admission.site, admission.name));
    if (holder && *holder != admission.endorsement)
        checks.push_back(
            {"name", Answer::No,
             "another box has that name at this site; give another one with --name, or revoke that box: holdfast hub "
             "revoke " +
                 admission.site + " " + admission.name + " --why WORDS --by YOUR-NAME"});
    return {};
}

Result<> Authority::grant(Admission& admission, Past& past, const enroll::Request& request, std::string_view message,
                          const std::string& ticket) {
    const auto quoted = TRY(tpm::read_quote(request.quote.statement));
    Box box{.endorsement = admission.endorsement,
            .site = admission.site,
            .name = admission.name,
            .state = "admitted",
            .attestation = sha256_hex(request.attestation_public),
            .certificate = {},
            .pcrs = request.pcrs,
            .clock = static_cast<std::int64_t>(quoted.clock),
            .resets = static_cast<std::int64_t>(quoted.resets),
            .admitted = past.at,
            .issuing = !request.issuing_public.empty(),
            .escrow = request.escrow};
    enroll::Grant granted;
    past.answer = TRY(issue(request, admission, message, past.at, granted));
    crash_point("hub.issued");
    box.certificate = granted.chain.front();
    std::vector serials{TRY(identity::facts_of(box.certificate)).serial};
    if (!granted.issuing.empty()) serials.push_back(TRY(identity::facts_of(granted.issuing)).serial);
    TRY(on_record("admit", box.site + "/" + box.name, [&] { return store_.record(past, box, ticket, serials); }));
    admission.answer = past.answer;
    return {};
}

Result<Admission> Authority::admit(std::string_view message, const Person& person, std::int64_t now) {
    const auto request = TRY(enroll::parse_request(message));
    Admission admission{.decision = {},
                        .site = person.site.empty() ? request.site : person.site,
                        .name = person.box.empty() ? request.name : person.box,
                        .endorsement = enroll::endorsement_number(request)};
    Past past{.at = now, .request = sha256_hex(message), .endorsement = admission.endorsement, .who = person.name};
    if (const auto earlier = TRY(store_.past(past.request))) {
        admission.site = earlier->site;
        admission.name = earlier->name;
        if (const auto revoked = TRY(store_.revoked_since(*earlier)))
            return refuse_revoked(std::move(admission), std::move(past), *revoked);
        return again(std::move(admission), *earlier, person);
    }
    const auto before = TRY(store_.box(admission.endorsement));
    if (before) keep_name(admission, *before);
    admission.revoked = before && before->state == "revoked";
    auto expected = TRY(expectations(request, before, now));
    const auto ticket = TRY(judge_ticket(request, before, expected));
    admission.decision = enroll::decide(request, expected);
    if (ticket && admission.site.empty()) admission.site = ticket->site;
    TRY(judge(admission, request, past.request, before));
    if (ticket && !matches(ticket->pattern, admission.name))
        admission.decision.checks.push_back(ask_for_other_name(admission, *ticket));
    past.site = admission.site;
    past.name = admission.name;
    past.checks = json::write(as_json(admission.decision));
    const Answer answer = admission.decision.answer();
    const bool answered = !person.name.empty() && (person.brings_back || !admission.revoked);
    if (answer == Answer::Yes || (answer == Answer::Ask && answered)) {
        past.outcome = "admitted";
        TRY(grant(admission, past, request, message, ticket ? ticket->code : ""));
        return admission;
    }
    past.outcome = answer == Answer::No ? "refused" : "asked";
    // A box that asks again and again is written down once.
    if (!TRY(store_.knows(past))) TRY(store_.record(past, std::nullopt, ""));
    return admission;
}

Result<Admission> Authority::judge_evidence(std::string_view message, std::int64_t now) {
    const auto evidence = TRY(enroll::parse_evidence(message));
    Admission said{.endorsement = enroll::endorsement_number(evidence)};
    auto box = TRY(store_.box(said.endorsement));
    if (!box) return fail(Code::NotFound, "no box with that endorsement key was admitted here: " + said.endorsement);
    said.site = box->site;
    said.name = box->name;
    // Its certificate went to the TPM of this attestation key; another one proves nothing of this box.
    if (box->attestation != sha256_hex(evidence.attestation_public))
        return fail(Code::Denied,
                    "this is signed by another key than the one that " + box->name + " was admitted with");
    TRY(enroll::signed_by_its_key(evidence));
    const auto quoted = TRY(tpm::read_quote(evidence.quote.statement));
    Judged next{.endorsement = said.endorsement,
                .attestation = box->attestation,
                .clock = static_cast<std::int64_t>(quoted.clock),
                .resets = static_cast<std::int64_t>(quoted.resets),
                .message = sha256_hex(message),
                .since = now,
                .at = now,
                .times = 1,
                .firmware = enroll::firmware_in(evidence.pcrs)};
    auto last = TRY(store_.judged(said.endorsement));
    if (last && last->attestation != next.attestation) last.reset();
    const auto standing = TRY(check_standing(*box, enroll::Kind::Evidence));
    const bool revoked = box->state == "revoked";
    if (last && last->message == next.message && !revoked) return repeated(std::move(said), *last);
    const bool late = last && moment(next.resets, next.clock) <= moment(last->resets, last->clock);
    if (late && !revoked) {
        said.outcome = "late";
        said.decision.checks.push_back(
            {"freshness", Answer::No, "newer evidence of this box was judged before: it says nothing new"});
        return said;
    }
    // First, whatever else is said of it.
    if (standing && revoked) said.decision.checks.push_back(*standing);
    if (late) {
        said.outcome = "untrusted";
        return said;
    }
    for (auto& check : enroll::attest(evidence, TRY(expectations(evidence, box, now))).checks)
        said.decision.checks.push_back(std::move(check));
    said.decision.checks.push_back({"freshness", Answer::Yes, "it is the newest of this box"});
    // In quarantine it goes on to show what it runs, for whoever thinks of setting it free.
    if (standing && !revoked) said.decision.checks.push_back(*standing);
    said.outcome = said.decision.answer() == Answer::No ? "untrusted" : "attested";
    next.outcome = said.outcome;
    next.checks = json::write(as_json(said.decision));
    std::optional<Past> news = past_of(next, said);
    if (last && last->outcome == next.outcome && last->checks == next.checks) {
        next.since = last->since;
        next.times = last->times + 1;
        news.reset();
    }
    const auto write = [&] { return store_.record(next, news); };
    TRY(news ? on_record("judge", said.site + "/" + said.name + " " + said.outcome, write) : write());
    said.news = news.has_value();
    return said;
}

}  // namespace holdfast::hub
