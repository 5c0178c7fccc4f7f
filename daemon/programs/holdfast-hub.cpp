// The authority of a trust domain: makes tickets, admits boxes, and remembers why. People use: holdfast hub.
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/little_endian.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "base/words.hpp"
#include "enroll/attestation.hpp"
#include "enroll/parts.hpp"
#include "hub/authority.hpp"
#include "hub/service.hpp"
#include "identity/invitation.hpp"

#include <cstdio>
#include <ctime>
#include <memory>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

constexpr std::size_t file_limit = 1UL << 20U;
constexpr std::int64_t hour = 3600;
constexpr int exit_asked = 3;

struct Arguments {
    fs::path state = "/var/lib/holdfast/hub", file, out, keys, module, pin_file, request, intermediate;
    std::string trust_domain, site, name, names = "*", by, what, note, why, url, root;
    std::int64_t hours = 72, uses = 1;
    std::string listen = "0.0.0.0";
    int port = 8443;
    std::vector<std::string> hosts, files;
    bool json = false, issuing = false;
};

std::int64_t now() {
    return std::time(nullptr);
}

void print(const Json& object) {
    std::puts(json::write(object).c_str());
}

// ---- the authority itself -----------------------------------------------------------------------------------------

// A key in a file is made; on a token there is one already.
Result<hub::Root> new_root(const Arguments& a) {
    if (a.root.empty()) return hub::Root::make();
    return in("--root", hub::Root::on_token({.uri = a.root, .module = a.module}, token::pin_from(a.pin_file)));
}

Result<int> tell_authority(const Arguments& a) {
    const auto authority = TRY(hub::Authority::open(a.state));
    if (a.json)
        print({{"trust_domain", authority.trust_domain()}, {"authority", authority.fingerprint()}});
    else
        std::printf("trust domain  %s\nauthority     %s\n", authority.trust_domain().c_str(),
                    authority.fingerprint().c_str());
    return 0;
}

// To the root, which is on another computer.
Result<int> ask_root(const Arguments& a, const std::string& request, const char* verb) {
    TRY(write_whole(a.request, request));
    if (a.json)
        print({{"file", a.request.string()}});
    else
        std::printf(
            "%s\nnext: carry it to the computer with the root, and there: holdfast hub sign-intermediate %s\n"
            "then, here: holdfast hub %s --intermediate FILE\n",
            a.request.c_str(), a.request.filename().c_str(), verb);
    return 0;
}

Result<> take_answer(const Arguments& a) {
    const std::string pem = TRY(read_whole(a.intermediate, file_limit));
    return in(a.intermediate.string(), hub::Authority::finish(a.state, pem, now()));
}

Result<int> init(const Arguments& a) {
    // Before somebody types a PIN.
    TRY(hub::Authority::check_vacant(a.state));
    if (!a.request.empty()) {
        const auto request = TRY(hub::Authority::begin(a.state, a.trust_domain));
        return ask_root(a, request, "init");
    }
    if (!a.intermediate.empty()) {
        TRY(take_answer(a));
        return tell_authority(a);
    }
    auto root = TRY(new_root(a));
    TRY(hub::Authority::create(a.state, a.trust_domain, std::move(root), now()));
    const int told = TRY(tell_authority(a));
    if (!a.json && a.root.empty())
        std::printf("%s is needed only for 'holdfast hub renew': take it to a safe place, off this computer\n",
                    (a.state / "root.key").c_str());
    else if (!a.json)
        std::puts("the root's token is needed only for 'holdfast hub renew': take it to a safe place");
    return told;
}

Result<int> renew(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    if (!a.request.empty()) {
        const auto request = TRY(authority.request());
        return ask_root(a, request, "renew");
    }
    if (!a.intermediate.empty()) {
        TRY(take_answer(a));
        authority = TRY(hub::Authority::open(a.state));
    } else {
        auto root = TRY(a.file.empty() ? hub::Root::of(a.state, token::pin_from(a.pin_file)) : hub::Root::read(a.file));
        TRY(authority.renew(std::move(root), now()));
    }
    const auto until = TRY(authority.until());
    if (a.json)
        print({{"authority", authority.fingerprint()}, {"until", until}});
    else
        std::printf("the authority's certificate is valid until %s; start 'holdfast hub serve' anew\n",
                    date(until).c_str());
    return 0;
}

Result<int> sign_intermediate(const Arguments& a) {
    const std::string pem = TRY(read_whole(a.file, file_limit));
    const auto request = TRY(in(a.file.string(), identity::parse_authority_request(pem)));
    const bool known = hub::Root::known_in(a.state);
    if (known && !a.root.empty()) return fail(Code::Busy, a.state.string() + " has a root already; leave --root away");
    auto root = TRY(known ? hub::Root::of(a.state, token::pin_from(a.pin_file)) : new_root(a));
    const std::string both = TRY(hub::sign_request(a.state, request, std::move(root), now()));
    const fs::path out = a.out.empty() ? fs::path(a.file).replace_extension(".pem") : a.out;
    TRY(write_whole(out, both));
    if (a.json)
        print({{"trust_domain", request.trust_domain}, {"file", out.string()}});
    else
        std::printf(
            "trust domain  %s\n%s\nnext: carry it back, and there: holdfast hub init (or renew) --intermediate %s\n",
            request.trust_domain.c_str(), out.c_str(), out.filename().c_str());
    return 0;
}

// A pattern of names leaves the name to each box.
identity::Invitation invitation_with(const hub::Ticket& ticket, const hub::Authority& authority, const Arguments& a) {
    return {.url = a.url,
            .fingerprint = authority.fingerprint(),
            .ticket = ticket.code,
            .site = ticket.site,
            .name = ticket.pattern.ends_with('*') ? "" : ticket.pattern};
}

Result<int> ticket(const Arguments& a) {
    if (!a.url.empty()) TRY(identity::check_line(a.url));
    auto authority = TRY(hub::Authority::open(a.state));
    const auto made = TRY(authority.make_ticket(a.site, a.names, now() + a.hours * hour, a.uses, a.issuing));
    std::string invitation;
    if (!a.url.empty())
        invitation = "enroll:\n" + identity::write_invitation(invitation_with(made, authority, a), "  ");
    if (a.json)
        print({{"code", made.code},
               {"invitation", invitation},
               {"site", made.site},
               {"names", made.pattern},
               {"expires", made.expires},
               {"uses", made.uses},
               {"issuing", made.issuing},
               {"authority", authority.fingerprint()}});
    else if (!invitation.empty())
        std::fputs(invitation.c_str(), stdout);
    else
        std::printf("ticket     %s\nfor        site %s, names %s, %lld time(s), until %s\nauthority  %.16s\n",
                    made.code.c_str(), made.site.c_str(), made.pattern.c_str(), static_cast<long long>(made.uses),
                    date(made.expires).c_str(), authority.fingerprint().c_str());
    return 0;
}

Result<int> serve(const Arguments& a) {
    TRY(hub::serve(a.state, {.address = a.listen, .port = a.port, .names = a.hosts}, [&](int port) {
        std::printf("listening at %s port %d\n", a.listen.c_str(), port);
        std::fflush(stdout);
    }));
    return 0;
}

// ---- boxes --------------------------------------------------------------------------------------------------------

const char* mark(enroll::Answer answer) {
    return answer == enroll::Answer::Yes ? "ok " : answer == enroll::Answer::No ? "NO " : "?  ";
}

Json as_json(const hub::Admission& admission) {
    return {{"admitted", !admission.answer.empty()},
            {"repeated", admission.repeated},
            {"site", admission.site},
            {"name", admission.name},
            {"endorsement", admission.endorsement},
            {"checks", enroll::as_json(admission.decision)}};
}

void explain(const hub::Admission& admission, const fs::path& out, const Arguments& a) {
    for (const auto& check : admission.decision.checks)
        std::printf("%s%-18s %s\n", mark(check.answer), check.name.c_str(), check.reason.c_str());
    if (!admission.answer.empty())
        std::printf("admitted%s: %s at %s; the answer is %s\n", admission.repeated ? " before" : "",
                    admission.name.c_str(), admission.site.c_str(), out.c_str());
    else if (admission.decision.answer() == enroll::Answer::Ask)
        std::printf("a person has to decide; to admit it: holdfast hub admit %s --by YOUR-NAME\n", a.file.c_str());
    else
        std::puts("refused; nobody can overrule a NO");
}

Result<int> admit(const Arguments& a) {
    std::string request = TRY(read_whole(a.file, file_limit));
    if (enroll::are_parts(request)) request = TRY(in(a.file.string(), enroll::join_parts(request)));
    auto authority = TRY(hub::Authority::open(a.state));
    const auto admission = TRY(authority.admit(request, {.name = a.by, .site = a.site, .box = a.name}, now()));
    fs::path out = a.out;
    if (out.empty()) out = fs::path(a.file).replace_extension(".answer");
    if (!admission.answer.empty()) TRY(write_whole(out, admission.answer));
    if (a.json) {
        Json told = as_json(admission);
        if (!admission.answer.empty()) told["file"] = out.string();
        print(told);
    } else {
        explain(admission, out, a);
    }
    if (!admission.answer.empty()) return 0;
    return admission.decision.answer() == enroll::Answer::Ask ? exit_asked : exit_code(Code::Denied);
}

// As they were made: evidence that is older than what was judged is late and says nothing new.
Result<int> judge(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    Json all = Json::array();
    bool good = true;
    for (const auto& file : a.files) {
        const std::string bytes = TRY(read_whole(file, file_limit));
        const auto said = TRY(in(file, authority.judge_evidence(bytes, now())));
        good = good && said.outcome != "untrusted";
        all.push_back({{"file", file},
                       {"site", said.site},
                       {"name", said.name},
                       {"outcome", said.outcome},
                       {"trusted", said.decision.answer() != enroll::Answer::No},
                       {"checks", enroll::as_json(said.decision)}});
        if (!a.json)
            std::printf("%s%s at %s: %s\n", said.outcome == "late" ? "-  " : mark(said.decision.answer()),
                        said.name.c_str(), said.site.c_str(), enroll::summary(said.decision).c_str());
    }
    if (a.json) print({{"evidence", all}});
    return good ? 0 : exit_code(Code::Denied);
}

Result<int> list(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    Json all = Json::array();
    for (const auto& box : TRY(authority.store().boxes())) {
        const auto facts = TRY(identity::facts_of(box.certificate));
        all.push_back({{"site", box.site},
                       {"name", box.name},
                       {"state", box.state},
                       {"admitted", box.admitted},
                       {"until", facts.validity.until},
                       {"serial", facts.serial},
                       {"endorsement", box.endorsement}});
        if (!a.json)
            std::printf("%-16s %-24s %-12s admitted %s, certificate until %s\n", box.site.c_str(), box.name.c_str(),
                        box.state.c_str(), date(box.admitted).c_str(), date(facts.validity.until).c_str());
    }
    if (a.json) print({{"boxes", all}});
    if (!a.json && all.empty()) std::puts("no box has been admitted yet");
    return 0;
}

Result<int> show(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const auto box = TRY(authority.store().box_named(a.site, a.name));
    if (!box) return fail(Code::NotFound, "there is no box '" + a.name + "' at site '" + a.site + "'");
    Json all = Json::array();
    for (const auto& past : TRY(authority.store().history(box->endorsement))) {
        const Json checks = TRY(json::parse(past.checks, file_limit));
        all.push_back({{"at", past.at}, {"outcome", past.outcome}, {"who", past.who}, {"checks", checks}});
        if (a.json) continue;
        std::printf("%s  %s%s\n", date(past.at).c_str(), past.outcome.c_str(),
                    past.who.empty() ? "" : (" by " + past.who).c_str());
        for (const auto& check : checks)
            if (check.at("answer") != "yes")
                std::printf("    %s: %s\n", check.at("name").get<std::string>().c_str(),
                            check.at("reason").get<std::string>().c_str());
    }
    const auto last = TRY(authority.store().judged(box->endorsement));
    if (a.json)
        print({{"site", box->site},
               {"name", box->name},
               {"endorsement", box->endorsement},
               {"decisions", all},
               {"judged", last ? Json{{"outcome", last->outcome}, {"at", last->at}, {"since", last->since}} : Json()}});
    else if (last)
        std::printf("%s  %s last, the same since %s\n", date(last->at).c_str(), last->outcome.c_str(),
                    date(last->since).c_str());
    return 0;
}

Result<int> revoke(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    TRY(authority.revoke(a.site, a.name, a.by, now()));
    std::printf("%s at %s is revoked\n", a.name.c_str(), a.site.c_str());
    return 0;
}

Result<int> quarantine(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    TRY(authority.quarantine(a.site, a.name, a.why, a.by, now()));
    std::printf("%s at %s is in quarantine once it has the list: it fetches it, or carry it there: holdfast hub crl\n",
                a.name.c_str(), a.site.c_str());
    return 0;
}

Result<int> release(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    TRY(authority.release(a.site, a.name, a.by, now()));
    std::printf("%s at %s is free once it has the list: it fetches it, or carry it there: holdfast hub crl\n",
                a.name.c_str(), a.site.c_str());
    return 0;
}

Result<int> escrow(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    TRY(authority.make_escrow_key(now()));
    const auto chain = TRY(authority.escrow_chain());
    const fs::path out = a.out.empty() ? fs::path("escrow.pem") : a.out;
    TRY(write_whole(out, identity::pem_of(chain)));
    std::printf("%s; on a box: holdfast enroll request --escrow %s --authority %.16s\n", out.c_str(),
                out.filename().c_str(), authority.fingerprint().c_str());
    return 0;
}

Result<int> recover(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const std::string key = TRY(authority.recover(a.site, a.name, a.by, now()));
    if (a.json)
        print({{"site", a.site}, {"name", a.name}, {"recovery_key", key}});
    else
        std::puts(key.c_str());
    return 0;
}

Result<int> crl(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const std::string pem = TRY(authority.list(now()));
    const fs::path out = a.out.empty() ? fs::path("holdfast.crl") : a.out;
    TRY(write_whole(out, pem));
    const auto list = TRY(identity::parse_crl(pem));
    if (a.json)
        print({{"file", out.string()}, {"number", list.number}, {"entries", list.entries.size()}});
    else
        std::printf(
            "%s: list %llu, with %zu certificate(s)\nnext: carry it to boxes, and there: holdfast identity heed "
            "%s\n",
            out.c_str(), static_cast<unsigned long long>(list.number), list.entries.size(), out.filename().c_str());
    return 0;
}

// ---- what is known ------------------------------------------------------------------------------------------------

// The data of a variable behind its signed head: EFI_VARIABLE_AUTHENTICATION_2 is a time of 16 bytes and a
// WIN_CERTIFICATE that begins with its length (UEFI 2.10, section 8.2.2).
Result<std::string> variable_data(const fs::path& file) {
    constexpr std::size_t time_size = 16;
    const std::string bytes = TRY(read_whole(file, file_limit));
    const auto length = number<std::uint32_t>(bytes, time_size);
    if (!length || *length > bytes.size() - time_size)
        return fail(Code::Corrupt, file.string() + " is no signed firmware variable (.auth)");
    return bytes.substr(time_size + *length);
}

Result<int> add_release(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const std::string name = fs::absolute(a.file).lexically_normal().filename().string();
    const std::string papers = TRY(read_whole(a.file / (name + ".json"), file_limit));
    const Json facts = TRY(in(name + ".json", json::parse(papers, file_limit)));
    const std::string ref = TRY(json::text(facts, "ref", 256)), commit = TRY(json::text(facts, "commit", 64));
    const std::string measured = TRY(read_whole(a.file / (name + ".measurements.json"), file_limit));
    const std::string version = name.substr(name.rfind('-') + 1);
    TRY(authority.store().add_release(ref, version, commit, measured));
    std::printf("version %s of %s (commit %.12s) is known\n", version.c_str(), ref.c_str(), commit.c_str());
    return 0;
}

Result<int> list_releases(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    Json all = Json::array();
    for (const auto& release : TRY(authority.store().releases())) {
        all.push_back({{"ref", release.ref},
                       {"version", release.version},
                       {"commit", release.commit},
                       {"revoked", release.revoked}});
        if (!a.json)
            std::printf("%-12s %-40s %s%s\n", release.version.c_str(), release.ref.c_str(), release.commit.c_str(),
                        release.revoked ? "  revoked" : "");
    }
    if (a.json) print({{"releases", all}});
    if (!a.json && all.empty())
        std::puts("no release is known yet; make one known with: holdfast hub release add IMAGE");
    return 0;
}

Result<int> revoke_release(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    TRY(authority.store().revoke_release(a.what));
    std::printf("commit %.12s is revoked: no box that runs it is admitted any more\n", a.what.c_str());
    return 0;
}

Result<int> trust(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    for (const char* variable : {"PK", "KEK", "db"}) {
        if (a.keys.empty()) break;
        const std::string data = TRY(variable_data(a.keys / "auth" / (std::string(variable) + ".auth")));
        TRY(authority.store().add_secure_boot_key(variable, sha256(data)));
    }
    if (!a.file.empty()) {
        const std::string pem = TRY(read_whole(a.file, file_limit));
        for (const auto& each : TRY(in(a.file.string(), identity::certificates_in(pem))))
            TRY(authority.store().add_manufacturer(each));
    }
    if (!a.what.empty()) {
        const Digest digest = TRY(in("--endorsement", digest_of(a.what)));
        TRY(authority.store().allow_endorsement(digest, a.note));
    }
    return 0;
}

using Verb = Result<int> (*)(const Arguments&);

CLI::App* add(CLI::App& to, Verb& chosen, const char* name, const char* help, Verb verb) {
    auto* made = to.add_subcommand(name, help);
    made->callback([&chosen, verb] { chosen = verb; });
    return made;
}

void add_place(CLI::App* verb, Arguments& a) {
    verb->add_option("site", a.site, "The box's site")->required();
    verb->add_option("name", a.name, "The box's name")->required();
}

void add_token(CLI::App* verb, Arguments& a) {
    auto* root = verb->add_option("--root", a.root,
                                  "The root's P-256 key on a token: pkcs11:token=NAME;object=NAME (default: a new one, "
                                  "in a file)");
    verb->add_option("--module", a.module, "The token's library (default: those that p11-kit knows)")->needs(root);
}

void add_beginning(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* begin = add(app, chosen, "init", "Make the authority of a trust domain", init);
    auto* which = begin->add_option_group("Which");
    which->require_option(1);
    which->add_option("--trust-domain", a.trust_domain, "Its name, as a domain of DNS: clinic.example");
    add_token(begin, a);
    auto* again = add(app, chosen, "renew", "Let the root certify the authority for five years from now", renew);
    auto* key = again->add_option("--root-key", a.file, "The root's key (default: where 'init' has left it)");
    auto* sign =
        add(app, chosen, "sign-intermediate",
            "On a computer with the root alone: certify an authority that is on another one", sign_intermediate);
    sign->add_option("request", a.file, "What --root-request has written")->required();
    sign->add_option("--out", a.out, "The certificates' file (default: the request's name with .pem)");
    add_token(sign, a);
    for (auto* verb : {begin, again, sign})
        verb->add_option("--pin-file", a.pin_file, "A file with the token's PIN (default: ask for it)");
    again->get_option("--pin-file")->excludes(key);
    for (auto* verb : {begin, again}) {
        auto* request = verb->add_option("--root-request", a.request,
                                         "The root is on another computer: write a request for it to this file");
        auto* answer =
            (verb == begin ? which : verb)->add_option("--intermediate", a.intermediate, "What the root has answered");
        answer->excludes(request);
        auto* other = verb == begin ? verb->get_option("--root") : key;
        request->excludes(other);
        answer->excludes(other);
    }
}

void add_boxes(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* decide = add(app, chosen, "admit", "Judge a box's request, and answer it where it is good", admit);
    decide->add_option("request", a.file, "The request, or a text file with what was read off its QR codes")
        ->required();
    decide->add_option("--by", a.by, "Who you are: answers what the checks leave to a person");
    decide->add_option("--site", a.site, "The site that it is to join");
    decide->add_option("--name", a.name, "The name that it is to have");
    decide->add_option("--out", a.out, "The answer's file (default: the request's name with .answer)");
    add(app, chosen, "judge", "Judge evidence of what boxes run", judge)
        ->add_option("evidence", a.files, "Files that 'holdfast identity attest' has kept, in their order")
        ->required();
    add(app, chosen, "list", "All boxes that were admitted", list);
    add_place(add(app, chosen, "show", "Every decision on a box, and why", show), a);
    auto* end = add(app, chosen, "revoke", "Make a box's certificate worth nothing, and its name free", revoke);
    add_place(end, a);
    end->add_option("--by", a.by, "Who you are")->required();
    auto* hold = add(app, chosen, "quarantine", "Put a box's certificates on hold until it is freed", quarantine);
    hold->add_option("--why", a.why, "What has happened, for whoever looks at it later")->required();
    auto* free = add(app, chosen, "free", "End a box's quarantine", release);
    for (auto* verb : {hold, free}) {
        add_place(verb, a);
        verb->add_option("--by", a.by, "Who you are")->required();
    }
    add(app, chosen, "crl", "Write the signed list of certificates in quarantine and revoked", crl)
        ->add_option("--out", a.out, "The file (default: holdfast.crl)");
    add(app, chosen, "escrow", "Write the certificates by which boxes leave the recovery keys of their disks", escrow)
        ->add_option("--out", a.out, "The file (default: escrow.pem)");
    auto* open =
        add(app, chosen, "recover", "Tell the recovery key that a box has left; who asks is written down", recover);
    add_place(open, a);
    open->add_option("--by", a.by, "Who you are")->required();
    auto* tickets = app.add_subcommand("ticket", "Tickets, with which a box is admitted without a person");
    tickets->require_subcommand(1);
    auto* make = add(*tickets, chosen, "create", "Make a ticket", ticket);
    make->add_option("--site", a.site, "The site that it admits to")->required();
    make->add_option("--names", a.names, "Names that it is for; a * at the end is any rest")->capture_default_str();
    make->add_option("--hours", a.hours, "How long it is valid")->capture_default_str()->check(CLI::Range(1, 87600));
    make->add_option("--uses", a.uses, "For how many boxes")->capture_default_str()->check(CLI::Range(1, 100000));
    make->add_option("--invitation", a.url,
                     "Print it as the lines for install.yaml: this authority is at https://HOST:PORT");
    make->add_flag("--issuing", a.issuing, "Those boxes may have an authority of their own, for their workloads");
}

void add_knowledge(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* release = app.add_subcommand("release", "Releases that boxes may run")->require_subcommand(1);
    add(*release, chosen, "add", "Know a release by its image's folder", add_release)
        ->add_option("image", a.file, "The folder that ./dev image made")
        ->required();
    add(*release, chosen, "list", "The releases that are known", list_releases);
    add(*release, chosen, "revoke", "Admit nobody that runs it", revoke_release)
        ->add_option("commit", a.what, "Its commit")
        ->required();
    auto* known = add(app, chosen, "trust", "Know keys: of Secure Boot, of TPM manufacturers, of one TPM", trust);
    known->add_option("--keys", a.keys, "Key directory of images: its Secure Boot keys are the owner's");
    known->add_option("--manufacturer", a.file, "PEM file with roots of TPM manufacturers");
    known->add_option("--endorsement", a.what, "SHA-256 of one TPM's endorsement key, as 'show' and a refusal tell it");
    known->add_option("--note", a.note, "Why that TPM is known");
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"The authority that boxes join: tickets, decisions with reasons, certificates.", "holdfast-hub"};
    app.set_version_flag("--version", "holdfast-hub " HOLDFAST_VERSION);
    app.footer(
        "Examples:\n"
        "  holdfast hub init --trust-domain clinic.example\n"
        "  holdfast hub init --trust-domain clinic.example --root 'pkcs11:token=clinic;object=root'\n"
        "  holdfast hub init --trust-domain clinic.example --root-request /mnt/clinic.request\n"
        "  holdfast hub sign-intermediate /mnt/clinic.request      (where the root is)\n"
        "  holdfast hub init --intermediate /mnt/clinic.pem\n"
        "  holdfast hub renew --root-key /mnt/root.key\n"
        "  holdfast hub trust --keys keys/production --manufacturer tpm-roots.pem\n"
        "  holdfast hub release add build/images/holdfast-generic-x86-64-dev-podman-0.1.0\n"
        "  holdfast hub ticket create --site north --names 'ventilator-*' --uses 20\n"
        "  holdfast hub ticket create --site north --invitation https://hub.clinic.example:8443 >>install.yaml\n"
        "  holdfast hub admit /mnt/ventilator-7.request --by ada\n"
        "  holdfast hub serve --host hub.clinic.example\n"
        "  holdfast hub judge /mnt/evidence/*.evidence\n"
        "  holdfast hub show north ventilator-7\n"
        "  holdfast hub quarantine north ventilator-7 --why 'its case was open' --by ada\n"
        "  holdfast hub crl --out /mnt/holdfast.crl\n"
        "  holdfast hub recover north ventilator-7 --by ada\n\n"
        "Exit codes: 0 done, 3 a person has to decide, 64 wrong words, 65 damaged, 66 not there, 75 busy, 77 refused.");
    app.require_subcommand(1);
    app.fallthrough();
    Arguments a;
    Verb chosen = nullptr;
    app.add_option("--state", a.state, "The authority's folder")->capture_default_str();
    app.add_flag("--json", a.json, "One JSON object on one line");
    add_beginning(app, a, chosen);
    auto* line = add(app, chosen, "serve", "Take requests of boxes by TLS", serve);
    line->add_option("--host", a.hosts, "A name or address that boxes know this computer by; as often as needed")
        ->required();
    line->add_option("--listen", a.listen, "The address to listen at")->capture_default_str();
    line->add_option("--port", a.port, "The port; 0: one that is free")
        ->capture_default_str()
        ->check(CLI::Range(0, 65535));
    add_boxes(app, a, chosen);
    add_knowledge(app, a, chosen);
    return run_words(app, argc, argv, [&] { return chosen(a); });
}
