// Who this box is, and certificates for what runs on it, with no network. Giving one needs root and the TPM.
// People use: holdfast identity.
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/when.hpp"
#include "base/words.hpp"
#include "boot/slots.hpp"
#include "content/facts.hpp"
#include "enroll/issuing.hpp"
#include "enroll/renew.hpp"
#include "enroll/trust.hpp"
#include "identity/invitation.hpp"
#include "identity/svid.hpp"
#include "programs/audited.hpp"
#include "programs/membership.hpp"

#include <cstdio>
#include <ctime>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

constexpr std::int64_t hour = 3600;
constexpr int exit_untrusted = 1;
constexpr std::size_t chain_limit = 64UL * 1024;
constexpr unsigned for_all = 0644;

struct Arguments {
    fs::path root = "/", file, out, key;
    std::string tcti = "device:/dev/tpmrm0", workload, id, url, why;
    std::int64_t hours = 1;
    bool json = false, if_due = false;
};

Result<int> show(const Arguments& a) {
    const auto identity = TRY(this_box(a.root));
    TRY(show_identity(identity, a.root, a.json));
    return 0;
}

// The releases in the box's slots, by what their signed commits say of themselves.
Result<std::vector<enroll::Reference>> own_releases(const fs::path& root) {
    std::vector<enroll::Reference> all;
    for (const auto slot : {boot::Slot::A, boot::Slot::B}) {
        const auto commit = boot::slot_commit(root, slot);
        if (!commit && commit.error().code == Code::NotFound) continue;
        if (!commit) return std::unexpected(commit.error());
        const auto facts = TRY(content::facts_of(root / "sysroot/ostree/repo", *commit));
        if (facts.measurements.empty()) continue;
        auto reference = TRY(in("commit " + *commit, enroll::parse_reference(facts.measurements)));
        reference.version = facts.version;
        reference.commit = *commit;
        all.push_back(std::move(reference));
    }
    return all;
}

Result<enroll::SelfCheck> look(const Arguments& a, const enroll::Identity& identity) {
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    const auto wish = TRY(wish_of(
        {.root = a.root, .out = {}, .tcti = a.tcti, .site = identity.id.site, .name = identity.id.box, .ticket = {}}));
    return enroll::look_at_itself(tpm, enroll::Node(a.root), wish, TRY(own_releases(a.root)));
}

enroll::Trust trust_in(const Result<enroll::SelfCheck>& check) {
    const std::string when = " (" + date(std::time(nullptr)) + ")";
    if (!check) return {enroll::Standing::Unknown, "it could not be looked at: " + check.error().what + when};
    const bool wrong = check->decision.answer() == enroll::Answer::No;
    return {wrong ? enroll::Standing::Untrusted : enroll::Standing::Trusted, enroll::summary(check->decision) + when};
}

// What others may ask of it from now on depends on that: on record where it is not what it was before.
Result<> keep(const Arguments& a, const enroll::Trust& trust) {
    const auto write = [&] { return enroll::write_trust(a.root, trust); };
    if (enroll::read_trust(a.root).standing == trust.standing) return write();
    const std::string standing(enroll::text(trust.standing));
    return audit::on_record(on_box(a.root), {.verb = "identity.attest", .on = standing, .why = a.why, .vital = true},
                            write);
}

// Written down before it is told, so that whoever is told can look.
Result<int> attest(const Arguments& a) {
    const auto identity = TRY(this_box(a.root));
    const auto check = look(a, identity);
    const auto trust = trust_in(check);
    TRY(keep(a, trust));
    if (!check) return std::unexpected(check.error());
    const auto file = TRY(enroll::EvidenceSpool(a.root).add(check->evidence));
    const std::string standing(enroll::text(trust.standing));
    if (a.json) {
        std::puts(json::write({{"standing", standing},
                               {"reason", trust.reason},
                               {"evidence", file.string()},
                               {"checks", enroll::as_json(check->decision)}})
                      .c_str());
    } else {
        std::printf("%s  %s\nevidence   %s\n", standing.c_str(), trust.reason.c_str(), file.c_str());
    }
    return trust.standing == enroll::Standing::Trusted ? 0 : exit_untrusted;
}

// The address that was given, or the one that answered before.
Result<enroll::Line> line_of(const Arguments& a, const enroll::Identity& box) {
    const auto kept = TRY(enroll::Node(a.root).line());
    const std::string url = a.url.empty() ? kept.value_or("") : a.url;
    if (url.empty())
        return fail(Code::NotFound,
                    "where the authority is, nobody has said; once: holdfast identity report https://HOST:PORT");
    TRY(identity::check_line(url));
    return enroll::Line{url, box.authority};
}

// An authority that is away is a reason to try again, and no more.
std::unexpected<Error> later(const Error& error, const std::string& what) {
    return fail(error.code == Code::Offline ? Code::Busy : error.code, error.what + " (" + what + ")");
}

std::string words_of(const std::optional<identity::Withdrawn>& box) {
    return box ? std::string(identity::text(box->how)) : "good";
}

void say(const enroll::Heeded& heeded) {
    std::printf("list %llu   this box is %s; %zu certificate(s) in all\n",
                static_cast<unsigned long long>(heeded.list.number), words_of(heeded.box).c_str(),
                heeded.list.entries.size());
}

void tell(const enroll::Reported& reported, const Result<enroll::Heeded>& heeded, const Arguments& a) {
    Json sent = Json::array();
    for (const auto& each : reported.said) {
        sent.push_back({{"evidence", each.file}, {"outcome", each.outcome}, {"reason", each.reason}});
        if (!a.json)
            std::printf("%-10s %s%s\n", each.outcome.c_str(), each.file.c_str(),
                        each.reason.empty() ? "" : (": " + each.reason).c_str());
    }
    if (a.json)
        std::puts(json::write({{"sent", sent},
                               {"waiting", reported.waiting},
                               {"list", heeded ? Json(heeded->list.number) : Json()},
                               {"box", heeded ? Json(words_of(heeded->box)) : Json()}})
                      .c_str());
    else if (reported.said.empty() && reported.waiting == 0)
        std::puts("nothing waits");
    if (!a.json && heeded && (heeded->news || heeded->box)) say(*heeded);
}

// What came on a stick, or through somebody else's hands.
Result<int> heed(const Arguments& a) {
    const std::string bytes = TRY(read_whole(a.file, identity::crl_limit));
    const auto heeded =
        TRY(audit::on_record(on_box(a.root), {.verb = "identity.heed", .on = fs::absolute(a.file), .why = a.why}, [&] {
            return in(a.file.string(), enroll::Node(a.root).heed(bytes, std::time(nullptr)));
        }));
    if (a.json)
        std::puts(
            json::write({{"list", heeded.list.number}, {"news", heeded.news}, {"box", words_of(heeded.box)}}).c_str());
    else
        say(heeded);
    return 0;
}

// An authority that is away is no failure of this box: the evidence waits, and the same goes on later.
Result<int> report(const Arguments& a) {
    const auto box = TRY(this_box(a.root));
    const auto line = TRY(line_of(a, box));
    http::Client client;
    const enroll::Node node(a.root);
    const auto reported = enroll::report(enroll::EvidenceSpool(a.root), client, line);
    const bool away = reported.stopped && reported.stopped->code == Code::Offline;
    // What the authority has taken back comes along, whatever became of the evidence.
    const auto heeded = away ? Result<enroll::Heeded>(std::unexpected(*reported.stopped))
                             : enroll::fetch_list(node, client, line, std::time(nullptr));
    tell(reported, heeded, a);
    if (heeded || !reported.said.empty()) TRY(node.keep_line(line.url));
    if (reported.stopped) return later(*reported.stopped, std::to_string(reported.waiting) + " waiting");
    if (!heeded && heeded.error().code != Code::NotFound)
        return later(heeded.error(), "the list of what was taken back");
    const auto is = [&](const char* outcome) {
        return !reported.said.empty() && reported.said.back().outcome == outcome;
    };
    if (is("refused")) return fail(Code::Denied, "the authority refuses what this box says of itself");
    return is("untrusted") ? exit_untrusted : 0;
}

// As it is called now; the authority knows it, so that no ticket is needed.
Result<Asking> next_certificate(const Arguments& a, const enroll::Identity& box) {
    const auto settings = TRY(identity::load_settings(a.root));
    return Asking{.root = a.root,
                  .out = a.out,
                  .tcti = a.tcti,
                  .site = box.id.site,
                  .name = box.id.box,
                  .ticket = {},
                  .issuing = settings.authority || !box.grant.issuing.empty(),
                  .json = a.json};
}

void tell(const enroll::Term& term, const Arguments& a) {
    if (a.json)
        std::puts(json::write({{"renewed", false}, {"until", term.until}, {"due", term.due}}).c_str());
    else
        std::printf("good until %s; the next one is due from %s\n", date(term.until).c_str(), date(term.due).c_str());
}

Result<int> renew_by_line(const Arguments& a, const enroll::Line& line, const Asking& asked) {
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    const auto wish = TRY(wish_of(asked));
    http::Client client;
    enroll::Node node(a.root);
    const auto reply = enroll::renew_once(node, tpm, client, line, wish);
    if (!reply) return later(reply.error(), "the certificate of before stays");
    show_reply(*reply);
    if (!reply->identity) return fail(Code::Busy, "a person at the authority has to decide; then the same again");
    TRY(show_identity(*reply->identity, a.root, a.json));
    return 0;
}

// Over the line where there is one, else by a file.
Result<int> renew(const Arguments& a) {
    const auto box = TRY(this_box(a.root));
    if (const auto term = TRY(enroll::term_of(box)); a.if_due && std::time(nullptr) < term.due) {
        tell(term, a);
        return 0;
    }
    const auto asked = TRY(next_certificate(a, box));
    const bool line = a.out.empty() && (!a.url.empty() || TRY(enroll::Node(a.root).line()));
    return audit::on_record(on_box(a.root), {.verb = "identity.renew", .on = box.id.uri(), .why = a.why},
                            [&]() -> Result<int> {
                                if (line) return renew_by_line(a, TRY(line_of(a, box)), asked);
                                TRY(ask_authority(asked));
                                return 0;
                            });
}

// The workload's own public key, or a new key beside its certificate.
Result<identity::Key> subject(const Arguments& a) {
    if (!a.key.empty()) return identity::read_public_key(a.key);
    auto key = TRY(identity::make_key());
    TRY(identity::write_key(key, a.out / "svid_key.pem"));
    return key;
}

// Files as the SPIFFE helper names them, so that what reads those reads these.
Result<int> give(const Arguments& a) {
    TRY(enroll::Node(a.root).may_serve_newcomers("certificate to a workload"));
    const auto box = TRY(this_box(a.root));
    auto own = TRY(enroll::OwnAuthority::open(a.tcti, enroll::Node(a.root), box));
    TRY(make_directories(a.out));
    const auto key = TRY(subject(a));
    const auto svid = TRY(own.give(key.get(), a.workload, std::time(nullptr), a.hours * hour));
    TRY(write_whole(a.out / "svid_bundle.pem", identity::pem_of(box.grant.roots), for_all));
    TRY(write_whole(a.out / "svid.pem", identity::pem_of(svid.chain), for_all));
    const auto until = TRY(identity::facts_of(svid.chain.front())).validity.until;
    if (a.json)
        std::puts(json::write({{"id", svid.id.uri()}, {"until", until}, {"folder", a.out.string()}}).c_str());
    else
        std::printf("%s\nuntil %s, in %s\n", svid.id.uri().c_str(), date(until).c_str(), a.out.c_str());
    return 0;
}

Result<int> issue(const Arguments& a) {
    return audit::on_record(on_box(a.root),
                            {.verb = "identity.svid-issue", .on = "workload '" + a.workload + "'", .why = a.why},
                            [&] { return give(a); });
}

Result<int> verify(const Arguments& a) {
    const auto box = TRY(this_box(a.root));
    const auto settings = TRY(identity::load_settings(a.root));
    const auto list = TRY(enroll::Node(a.root).list());
    const std::string pem = TRY(read_whole(a.file, chain_limit));
    const auto chain = TRY(in(a.file.string(), identity::certificates_in(pem)));
    const auto believed =
        TRY(in(a.file.string(), identity::believe(chain, box.grant.roots, settings, std::time(nullptr), list)));
    if (!a.id.empty() && believed.id.uri() != a.id)
        return fail(Code::Denied, a.file.string() + " is of " + believed.id.uri() + " and not of " + a.id);
    if (a.json)
        std::puts(
            json::write({{"id", believed.id.uri()}, {"standing", identity::text(believed.outlook.standing)}}).c_str());
    else
        std::printf("%s\n%s\n", believed.id.uri().c_str(), believed.outlook.words.c_str());
    return 0;
}

using Verb = Result<int> (*)(const Arguments&);

void add_svids(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* svid = app.add_subcommand("svid", "Certificates of workloads")->require_subcommand(1);
    auto* give = svid->add_subcommand("issue", "Give a workload a certificate, signed in the TPM");
    give->add_option("--workload", a.workload, "Its name: letters, digits and hyphens")->required();
    give->add_option("--hours", a.hours, "How long it lasts")->capture_default_str()->check(CLI::Range(1, 168));
    give->add_option("--key", a.key, "PEM file with the workload's public key (default: a new key is made for it)");
    give->add_option("--out", a.out, "The folder for svid.pem, svid_key.pem and svid_bundle.pem")->required();
    give->callback([&] { chosen = issue; });
    auto* check = svid->add_subcommand("verify", "Whether a peer's certificate is to be believed here");
    check->add_option("file", a.file, "PEM file: its certificate first, then those above it")->required();
    check->add_option("--id", a.id, "The SPIFFE ID that it has to have");
    check->callback([&] { chosen = verify; });
}

Examples examples() {
    return {.program = "holdfast identity",
            .all = {"show --json | jq .standing", "attest", "report", "heed /mnt/holdfast.crl",
                    "renew             over the line, where the authority answered before",
                    "renew --out /mnt/ventilator-7.request", "svid issue --workload alarms --out /run/alarms",
                    "svid verify /run/peer/svid.pem"},
            .exit_codes =
                "0 done, 1 untrusted ('attest', 'report'), 64 wrong words, 65 damaged, 66 not there, 69 no "
                "TPM that answers, 75 busy or nobody there: try again, 77 refused."};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Who this box is, and certificates for what runs on it, with no network.", "holdfast-identity"};
    app.set_version_flag("--version", "holdfast-identity " HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    Arguments a;
    Verb chosen = nullptr;
    app.add_option("--root", a.root, "Work below DIRECTORY")->type_name("DIRECTORY");
    app.add_option("--tpm", a.tcti, "The way to the TPM, as the TSS names it")->capture_default_str();
    app.add_flag("--json", a.json, "One JSON object on one line");
    add_why(app, a.why);
    app.add_subcommand("show", "Who this box is, until when, and by whose word")->callback([&] { chosen = show; });
    app.add_subcommand("attest", "Whether this box runs what it should, by the word of its TPM")->callback([&] {
        chosen = attest;
    });
    auto* send = app.add_subcommand("report", "Send the evidence that waits to the authority, over a line");
    send->add_option("url", a.url, "Where it is: https://HOST:PORT (default: where it was before)");
    send->callback([&] { chosen = report; });
    auto* list = app.add_subcommand("heed", "Heed the authority's list of what is in quarantine and revoked");
    list->add_option("file", a.file, "The list, as 'holdfast hub crl' has written it")->required();
    list->callback([&] { chosen = heed; });
    auto* again = app.add_subcommand("renew", "Get the next certificate over a line, or make the request for it");
    auto* by_line = again->add_option("--line", a.url,
                                      "Where the authority is: https://HOST:PORT (default: where it "
                                      "was before)");
    again
        ->add_option("--out", a.out,
                     "Ask nobody; write the request to FILE, or into a folder (where no line is known: NAME.request)")
        ->type_name("FILE")
        ->excludes(by_line);
    again->add_flag("--if-due", a.if_due, "Do nothing while less than two thirds of its time are past");
    again->callback([&] { chosen = renew; });
    add_svids(app, a, chosen);
    tell_examples(app, examples());
    return run_words(app, argc, argv, [&] { return chosen(a); });
}
