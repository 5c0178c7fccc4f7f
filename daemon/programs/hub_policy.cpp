// holdfast hub policy, firmware: what is taken without asking, and a person's word on what was asked.
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "hub/authority.hpp"
#include "hub/digits.hpp"
#include "hub_verbs.hpp"

namespace holdfast::hub_verbs {

namespace {

using enroll::FirmwarePolicy;

// ---- policy -------------------------------------------------------------------------------------------------------

const char* meaning(FirmwarePolicy policy) {
    switch (policy) {
        case FirmwarePolicy::Pinned:
            return "each box's own, as it was admitted or was accepted; else a person is asked";
        case FirmwarePolicy::AllowList: return "what is on the list; else a person is asked";
        case FirmwarePolicy::Any: break;
    }
    return "any is taken";
}

Json as_json(const hub::Ruling& ruling) {
    return {
        {"at", ruling.at}, {"who", ruling.who}, {"what", ruling.what}, {"value", ruling.value}, {"why", ruling.why}};
}

Result<int> tell_policy(hub::Store& store, const Arguments& a) {
    const auto policy = TRY(store.policy());
    const std::string firmware(enroll::text(policy.firmware)), tpm = policy.admit_unknown_tpms ? "admit" : "ask";
    const auto rulings = TRY(store.rulings());
    if (a.json) {
        Json all = Json::array();
        for (const auto& each : rulings) all.push_back(as_json(each));
        print({{"firmware", firmware}, {"unknown_tpm", tpm}, {"changes", all}});
        return 0;
    }
    std::printf("firmware     %-10s  %s\nunknown TPM  %-10s  %s\n", firmware.c_str(), meaning(policy.firmware),
                tpm.c_str(),
                policy.admit_unknown_tpms ? "one that nobody vouches for is taken, and known from then on"
                                          : "a person is asked about one that nobody vouches for");
    for (const auto& each : rulings)
        std::printf("%s  %s %s%s%s\n", date(each.at).c_str(), each.what.c_str(), each.value.c_str(),
                    each.who.empty() ? "" : (", by " + each.who).c_str(),
                    each.why.empty() ? "" : (": " + each.why).c_str());
    return 0;
}

Result<int> policy(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    hub::PolicyChange change{.firmware = enroll::firmware_policy(a.firmware), .admit_unknown_tpms = {}};
    if (!a.unknown_tpms.empty()) change.admit_unknown_tpms = a.unknown_tpms == "admit";
    TRY(authority.store().change(change, a.by, now()));
    return tell_policy(authority.store(), a);
}

// ---- firmware -----------------------------------------------------------------------------------------------------

// What was said is kept, and may not count as things are.
Result<> warn_unless(FirmwarePolicy counts, hub::Store& store) {
    const auto policy = TRY(store.policy());
    if (policy.firmware != counts)
        std::fprintf(stderr, "that is kept, and counts under the policy '%s'; now it is '%s': holdfast hub policy\n",
                     std::string(enroll::text(counts)).c_str(), std::string(enroll::text(policy.firmware)).c_str());
    return {};
}

Result<int> accept(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const auto accepted = TRY(authority.accept_firmware(a.site, a.name, a.by, now()));
    if (a.json)
        print({{"site", a.site},
               {"name", a.name},
               {"firmware", accepted.digest},
               {"told", accepted.told},
               {"news", accepted.news}});
    else
        std::printf("firmware %s, as %s at %s told on %s, is its own%s\n", accepted.digest.c_str(), a.name.c_str(),
                    a.site.c_str(), date(accepted.told).c_str(), accepted.news ? " from now on" : " already");
    TRY(warn_unless(FirmwarePolicy::Pinned, authority.store()));
    return 0;
}

// One that was given before is kept.
Result<std::string> note_of(hub::Store& store, const std::string& digest) {
    for (const auto& each : TRY(store.allowed_firmware()))
        if (const auto here = enroll::firmware_digest(each.pcrs); here && hex(*here) == digest) return each.note;
    return "";
}

Result<int> allow(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    const hub::Firmware entry{.pcrs = {}, .note = a.note, .who = a.by, .at = now()};
    std::string digest;
    if (!a.name.empty()) {
        digest = TRY(authority.allow_firmware(a.what, a.name, entry));
    } else {
        const std::string message = TRY(read_message(a.what));
        digest = TRY(in(a.what, authority.allow_firmware(message, entry)));
    }
    const std::string note = TRY(note_of(authority.store(), digest));
    if (a.json)
        print({{"firmware", digest}, {"note", note}});
    else
        std::printf("firmware %s is on the list%s\n", digest.c_str(), note.empty() ? "" : (": " + note).c_str());
    TRY(warn_unless(FirmwarePolicy::AllowList, authority.store()));
    return 0;
}

Result<int> forget(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    std::vector<std::string> digests;
    for (const auto& each : TRY(authority.store().allowed_firmware()))
        if (const auto digest = enroll::firmware_digest(each.pcrs)) digests.push_back(hex(*digest));
    const std::string one = TRY(hub::whole(a.what, digests, "firmware on the list", "holdfast hub firmware list"));
    const Digest digest = TRY(digest_of(one));
    TRY(authority.store().forget_firmware(digest, a.by, now()));
    if (a.json)
        print({{"firmware", one}});
    else
        std::printf("firmware %s is on the list no more\n", one.c_str());
    return 0;
}

Json as_json(const hub::Firmware& firmware) {
    Json pcrs = Json::object();
    for (const auto& [number, value] : firmware.pcrs) pcrs[std::to_string(number)] = hex(value);
    const auto digest = enroll::firmware_digest(firmware.pcrs);
    return {{"firmware", digest ? hex(*digest) : ""},
            {"pcrs", pcrs},
            {"note", firmware.note},
            {"who", firmware.who},
            {"at", firmware.at}};
}

void tell(const Json& allowed) {
    std::printf("%s  by %s, %s%s\n", allowed.at("firmware").get<std::string>().c_str(),
                allowed.at("who").get<std::string>().c_str(), date(allowed.at("at").get<std::int64_t>()).c_str(),
                ("  " + allowed.at("note").get<std::string>()).c_str());
}

void ask(const hub::FirmwareQuestion& question, FirmwarePolicy policy, const Arguments& a) {
    const std::string verb = policy == FirmwarePolicy::Pinned ? "accept " : "allow ";
    std::printf("?  %s at %s: %s, told on %s; if it is good: %s\n", question.name.c_str(), question.site.c_str(),
                question.digest.c_str(), date(question.told).c_str(),
                command(a, "firmware " + verb + question.site + " " + question.name + " --by YOUR-NAME").c_str());
}

Result<int> list(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    Json allowed = Json::array(), questions = Json::array();
    for (const auto& each : TRY(authority.store().allowed_firmware())) {
        allowed.push_back(as_json(each));
        if (!a.json) tell(allowed.back());
    }
    const auto policy = TRY(authority.store().policy());
    for (const auto& each : TRY(authority.firmware_questions())) {
        questions.push_back({{"site", each.site}, {"name", each.name}, {"firmware", each.digest}, {"told", each.told}});
        if (!a.json) ask(each, policy.firmware, a);
    }
    if (a.json)
        print({{"policy", enroll::text(policy.firmware)}, {"allowed", allowed}, {"questions", questions}});
    else if (allowed.empty() && questions.empty())
        std::puts("none is on the list, and no box has told of one that has to be asked about");
    return 0;
}

}  // namespace

void add_policy(CLI::App& app, Arguments& a, Verb& chosen) {
    auto* rule = add(app, chosen, "policy", "What is taken without asking a person; with no option, tell it", policy);
    auto* by = rule->add_option("--by", a.by, "Who you are; needed to change something")->check(somebody());
    rule->add_option("--firmware", a.firmware, "Firmware of boxes: pinned, allow-list or any (at first: pinned)")
        ->check(CLI::IsMember({"pinned", "allow-list", "any"}))
        ->needs(by);
    rule->add_option("--unknown-tpm", a.unknown_tpms, "TPMs that nobody vouches for: ask or admit (at first: ask)")
        ->check(CLI::IsMember({"ask", "admit"}))
        ->needs(by);
    auto* firmware = app.add_subcommand("firmware", "Firmware of boxes, where a person was asked about it");
    firmware->require_subcommand(1);
    auto* own = add(*firmware, chosen, "accept", "Take what a box's newest evidence told as its own", accept);
    add_place(own, a);
    add_person(own, a);
    auto* put = add(*firmware, chosen, "allow", "Put it on the list, for all boxes", allow);
    put->add_option("site-or-file", a.what, "The site of a box that has it; or the file of a request or evidence")
        ->required();
    put->add_option("name", a.name, "That box's name");
    put->add_option("--note", a.note, "What it is, for whoever looks at it later")
        ->check(CLI::Validator(wrong_words, ""));
    add_person(put, a);
    add(*firmware, chosen, "list", "The list, and the boxes with firmware to be asked about", list);
    auto* end = add(*firmware, chosen, "forget", "Take it off the list", forget);
    end->add_option("digest", a.what, "As 'list' tells it, or the first digits of that")->required();
    add_person(end, a);
}

}  // namespace holdfast::hub_verbs
