// holdfast hub …: what is decided on boxes, and what is kept of them.
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "enroll/attestation.hpp"
#include "enroll/parts.hpp"
#include "hub/authority.hpp"
#include "hub_verbs.hpp"

namespace holdfast::hub_verbs {

namespace {

namespace fs = std::filesystem;

constexpr int exit_asked = 3;

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
    const std::string request = TRY(read_message(a.file));
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

}  // namespace

Result<std::string> read_message(const fs::path& file) {
    std::string message = TRY(read_whole(file, file_limit));
    if (enroll::are_parts(message)) message = TRY(in(file.string(), enroll::join_parts(message)));
    return message;
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
    add_person(end, a);
    auto* hold = add(app, chosen, "quarantine", "Put a box's certificates on hold until it is freed", quarantine);
    hold->add_option("--why", a.why, "What has happened, for whoever looks at it later")->required();
    auto* free = add(app, chosen, "free", "End a box's quarantine", release);
    for (auto* verb : {hold, free}) {
        add_place(verb, a);
        add_person(verb, a);
    }
    add(app, chosen, "crl", "Write the signed list of certificates in quarantine and revoked", crl)
        ->add_option("--out", a.out, "The file (default: holdfast.crl)");
    add(app, chosen, "escrow", "Write the certificates by which boxes leave the recovery keys of their disks", escrow)
        ->add_option("--out", a.out, "The file (default: escrow.pem)");
    auto* open =
        add(app, chosen, "recover", "Tell the recovery key that a box has left; who asks is written down", recover);
    add_place(open, a);
    add_person(open, a);
}

}  // namespace holdfast::hub_verbs
