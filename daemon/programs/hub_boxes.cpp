// holdfast hub …: what is decided on boxes, and what is kept of them.
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "enroll/attestation.hpp"
#include "hub/authority.hpp"
#include "hub/node.hpp"
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

// The same command with a person's name: what was said on the name of the box goes along.
std::string admit_again(const Arguments& a, bool revoked) {
    std::string words = "admit " + quoted(a.file.string());
    if (!a.site.empty()) words += " --site " + quoted(a.site);
    if (!a.name.empty()) words += " --name " + quoted(a.name);
    if (!a.out.empty()) words += " --out " + quoted(a.out.string());
    return command(a, words + (revoked ? " --bring-back" : "") + " --by YOUR-NAME");
}

// A check does not know the file that it judges.
void name_file(enroll::Decision& decision, const fs::path& file) {
    constexpr std::string_view word = "REQUEST";
    for (auto& check : decision.checks)
        if (const auto at = check.reason.find(word); at != std::string::npos)
            check.reason.replace(at, word.size(), quoted(file.string()));
}

void explain(const hub::Admission& admission, const fs::path& out, const Arguments& a) {
    std::FILE* to = words_on(out);
    for (const auto& check : admission.decision.checks)
        std::fprintf(to, "%s%-18s %s\n", mark(check.answer), check.name.c_str(), check.reason.c_str());
    if (!admission.answer.empty())
        std::fprintf(to, "admitted%s: %s at %s; the answer is %s\n", admission.repeated ? " before" : "",
                     admission.name.c_str(), admission.site.c_str(), out.c_str());
    else if (admission.decision.answer() == enroll::Answer::Ask)
        std::fprintf(to, "a person has to decide; to admit it: %s\n", admit_again(a, admission.revoked).c_str());
    else
        std::fputs("refused; nobody can overrule a NO\n", to);
}

// Of anything else it is told first that it is none.
Result<hub::Admission> as_request(const fs::path& file, Result<hub::Admission> admission) {
    if (admission || admission.error().code != Code::Corrupt) return in(file.string(), std::move(admission));
    return fail(Code::Corrupt, file.string() + " is no request of a box: " + admission.error().what);
}

Result<int> admit(const Arguments& a) {
    const std::string request = TRY(read_message(a.file));
    auto authority = TRY(hub::Authority::open(a.state));
    fs::path out = a.out;
    if (out.empty()) out = fs::path(a.file).replace_extension(".answer");
    TRY(check_place(out, kind_answer, a.force));
    const hub::Person person{.name = a.by, .site = a.site, .box = a.name, .brings_back = a.bring_back};
    auto admission = TRY(as_request(a.file, authority.admit(request, person, now())));
    if (!admission.answer.empty()) TRY(put(out, admission.answer, a.force));
    name_file(admission.decision, a.file);
    if (a.json && out != to_stdout) {
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

void tell(const hub::Past& past, const Json& checks) {
    std::printf("%s  %s%s\n", date(past.at).c_str(), past.outcome.c_str(),
                past.who.empty() ? "" : (" by " + past.who).c_str());
    for (const auto& check : checks)
        if (check.at("answer") != "yes" || (past.outcome == "admitted" && check.at("name") == "ticket"))
            std::printf("    %s: %s\n", check.at("name").get<std::string>().c_str(),
                        check.at("reason").get<std::string>().c_str());
}

// A name is free once its box is revoked, so that others have had it.
Result<int> tell_namesakes(hub::Store& store, const hub::Box& box, const Arguments& a) {
    for (const auto& each : TRY(store.boxes_named(a.site, a.name))) {
        if (each.endorsement == box.endorsement) continue;
        std::printf(
            "another box %s that name: %s\n", each.state == "revoked" ? "had" : "has",
            command(a, "show " + a.site + " " + a.name + " --endorsement " + each.endorsement.substr(0, 12)).c_str());
    }
    return 0;
}

Result<int> show(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const auto box = TRY(authority.box_known(a.site, a.name, a.endorsement));
    const std::string standing = TRY(authority.standing_of(box));
    if (!a.json)
        std::printf("%s at %s is %s\nendorsement key %s\n", box.name.c_str(), box.site.c_str(), standing.c_str(),
                    box.endorsement.c_str());
    Json all = Json::array();
    for (const auto& past : TRY(authority.store().history(box.endorsement))) {
        const Json checks = TRY(json::parse(past.checks, file_limit));
        all.push_back({{"at", past.at}, {"outcome", past.outcome}, {"who", past.who}, {"checks", checks}});
        if (!a.json) tell(past, checks);
    }
    const auto last = TRY(authority.store().judged(box.endorsement));
    if (a.json) {
        print({{"site", box.site},
               {"name", box.name},
               {"endorsement", box.endorsement},
               {"state", box.state},
               {"standing", standing},
               {"decisions", all},
               {"judged", judged_json(last)}});
        return 0;
    }
    if (last)
        std::printf("%s  %s last, the same since %s\n", date(last->at).c_str(), last->outcome.c_str(),
                    date(last->since).c_str());
    return tell_namesakes(authority.store(), box, a);
}

// What was decided on a box, and how others come to know of it. Without news, nothing was changed.
void tell_decision(const Arguments& a, const std::string& state, bool news, const std::string& means) {
    if (a.json) {
        print({{"site", a.site}, {"name", a.name}, {"state", state}, {"news", news}});
        return;
    }
    std::printf("%s at %s is %s\n", a.name.c_str(), a.site.c_str(), means.c_str());
    if (!news)
        std::puts("nothing was changed");
    else
        std::printf(
            "it counts for a box or a workload once that has the new list: over a line boxes fetch it from 'holdfast "
            "hub "
            "serve'\nfor all others: %s\n  there: holdfast identity heed /mnt/holdfast.crl\n",
            command(a, "crl --out /mnt/holdfast.crl").c_str());
}

Result<int> revoke(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    TRY(authority.revoke(a.site, a.name, a.why, a.by, now()));
    tell_decision(a, "revoked", true, "revoked: its name is free, and this authority gives it nothing any more");
    return 0;
}

Result<int> quarantine(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const bool news = TRY(authority.quarantine(a.site, a.name, a.why, a.by, now()));
    const auto box = TRY(authority.box_known(a.site, a.name));
    const std::string before = news ? "" : " already: " + TRY(authority.standing_of(box));
    tell_decision(
        a, "quarantined", news,
        "in quarantine" + before + "; to end that: " + command(a, "free " + a.site + " " + a.name + " --by YOUR-NAME"));
    return 0;
}

Result<int> release(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const bool news = TRY(authority.release(a.site, a.name, a.by, now()));
    auto node = TRY(hub::Node::open(a.state, authority, now()));
    TRY(node.release(a.site, a.name));
    tell_decision(a, "admitted", news, news ? "free again" : "not in quarantine");
    return 0;
}

Result<int> escrow(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const fs::path out = a.out.empty() ? fs::path("escrow.pem") : a.out;
    TRY(authority.make_escrow_key(now()));
    const auto chain = TRY(authority.escrow_chain());
    TRY(put(out, identity::pem_of(chain), a.force));
    if (a.json && out != to_stdout)
        print({{"file", out.string()}, {"authority", authority.fingerprint()}});
    else
        std::fprintf(words_on(out), "%s; on a box: holdfast enroll request --escrow %s --authority %.16s\n",
                     out == to_stdout ? "standard output" : out.c_str(),
                     out == to_stdout ? "FILE" : out.filename().c_str(), authority.fingerprint().c_str());
    return 0;
}

Result<int> recover(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const auto box = TRY(authority.box_known(a.site, a.name, a.endorsement));
    const std::string key = TRY(authority.recover(box, a.by, now()));
    if (box.state == "revoked") std::fprintf(stderr, "this box is %s\n", TRY(authority.standing_of(box)).c_str());
    if (a.json)
        print({{"site", box.site}, {"name", box.name}, {"recovery_key", key}});
    else
        std::puts(key.c_str());
    return 0;
}

Result<int> crl(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const std::string pem = TRY(authority.list(now()));
    const fs::path out = a.out.empty() ? fs::path("holdfast.crl") : a.out;
    TRY(put(out, pem, a.force));
    const auto list = TRY(identity::parse_crl(pem));
    if (a.json && out != to_stdout)
        print({{"file", out.string()},
               {"number", list.number},
               {"entries", list.entries.size()},
               {"from", list.validity.from},
               {"until", list.validity.until}});
    else
        std::fprintf(words_on(out),
                     "%s: list %llu, with %zu certificate(s), from %s (a day before it was made: clocks of boxes "
                     "differ) until %s\nnext: carry it to boxes, and there: holdfast identity heed %s\n",
                     out == to_stdout ? "standard output" : out.c_str(), static_cast<unsigned long long>(list.number),
                     list.entries.size(), date(list.validity.from).c_str(), date(list.validity.until).c_str(),
                     out == to_stdout ? "FILE" : quoted(out.filename().string()).c_str());
    return 0;
}

}  // namespace

void add_boxes(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* decide = add(app, chosen, "admit", "Judge a box's request, and answer it where it is good", admit);
    decide->add_option("request", a.file, "The request, or a text file with what was read off its QR codes")
        ->required();
    decide->add_option("--by", a.by, "Who you are: answers what the checks leave to a person")->check(somebody());
    decide->add_flag("--bring-back", a.bring_back, "Let a box that was revoked come back")->needs("--by");
    decide->add_option("--site", a.site, "The site that it is to join");
    decide->add_option("--name", a.name, "The name that it is to have");
    add_out(decide, a, "The answer's file (default: the request's name with .answer)");
    add(app, chosen, "judge", "Judge evidence of what boxes run", judge)
        ->add_option("evidence", a.files, "Files that 'holdfast identity attest' has kept, in their order")
        ->required();
    auto* tell = add(app, chosen, "show", "Every decision on a box, also on one that was revoked, and why", show);
    auto* end = add(app, chosen, "revoke", "Make a box's certificate worth nothing, and its name free", revoke);
    auto* hold = add(app, chosen, "quarantine", "Put a box's certificates on hold until it is freed", quarantine);
    auto* free = add(app, chosen, "free", "End a box's quarantine", release);
    add_out(add(app, chosen, "crl", "Write the signed list of certificates in quarantine and revoked", crl), a,
            "The file, or - for the standard output (default: holdfast.crl)");
    add_out(add(app, chosen, "escrow", "Write the certificates by which boxes leave the recovery keys of their disks",
                escrow),
            a, "The file, or - for the standard output (default: escrow.pem)");
    auto* open =
        add(app, chosen, "recover", "Tell the recovery key that a box has left; who asks is written down", recover);
    for (auto* verb : {tell, end, hold, free, open}) add_place(verb, a);
    for (auto* verb : {end, hold}) add_reason(verb, a)->required();
    for (auto* verb : {end, hold, free, open}) add_person(verb, a);
    for (auto* verb : {tell, open})
        verb->add_option("--endorsement", a.endorsement,
                         "Where several boxes had that name: the first digits of its endorsement key's digest");
}

}  // namespace holdfast::hub_verbs
