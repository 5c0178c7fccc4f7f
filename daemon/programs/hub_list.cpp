// holdfast hub list: the boxes, and who would be one.
#include "base/text.hpp"
#include "base/when.hpp"
#include "hub/authority.hpp"
#include "hub/waiting.hpp"
#include "hub_verbs.hpp"

namespace holdfast::hub_verbs {

namespace {

namespace fs = std::filesystem;

void tell_line(const std::string& site, const std::string& name, const std::string& state, const std::string& words) {
    const auto named = [](const std::string& word) { return word.empty() ? "-" : word; };
    std::printf("%-16s %-24s %-12s %s\n", named(site).c_str(), named(name).c_str(), state.c_str(), words.c_str());
}

// What it has said last of what it runs.
std::string heard(const std::optional<hub::Judged>& last) {
    if (!last) return ", no evidence since";
    return ", " + (last->outcome == "untrusted" ? "UNTRUSTED since " + date(last->since) + ", " : "") +
           "last evidence " + date(last->at);
}

Result<Json> boxes(hub::Store& store, const Arguments& a) {
    Json all = Json::array();
    for (const auto& box : TRY(store.boxes())) {
        const auto facts = TRY(identity::facts_of(box.certificate));
        const auto last = TRY(store.judged(box.endorsement));
        all.push_back({{"site", box.site},
                       {"name", box.name},
                       {"state", box.state},
                       {"admitted", box.admitted},
                       {"until", facts.validity.until},
                       {"serial", facts.serial},
                       {"endorsement", box.endorsement},
                       {"judged", judged_json(last)}});
        if (!a.json)
            tell_line(
                box.site, box.name, box.state,
                "admitted " + date(box.admitted) + ", certificate until " + date(facts.validity.until) + heard(last));
    }
    return all;
}

// What was not answered with yes.
Result<std::vector<std::string>> reasons(const hub::Past& past) {
    std::vector<std::string> all;
    for (const auto& check : TRY(json::parse(past.checks, file_limit)))
        if (TRY(json::text(check, "answer", file_limit)) == (past.outcome == "asked" ? "ask" : "no"))
            all.push_back(TRY(json::text(check, "name", file_limit)) + ": " +
                          TRY(json::text(check, "reason", file_limit)));
    return all;
}

// The command that answers it; one that came by a file is wherever its file is.
Result<std::string> answer_to(hub::Store& store, const hub::Past& past, const std::string& file, const Arguments& a) {
    const auto box = TRY(store.box(past.endorsement));
    const std::string back = box && box->state == "revoked" ? " --bring-back" : "";
    return command(a, "admit " + (file.empty() ? "REQUEST" : quoted(file)) + back + " --by YOUR-NAME");
}

Result<Json> newcomer(hub::Store& store, const hub::Past& past, const Arguments& a) {
    const bool waits = past.outcome == "asked";
    const fs::path kept = hub::Waiting(a.state).file(past.request);
    const std::string file = fs::exists(kept) ? kept.string() : "";
    const auto why = TRY(reasons(past));
    Json told{{"site", past.site},       {"name", past.name}, {"endorsement", past.endorsement},
              {"request", past.request}, {"at", past.at},     {"reasons", why}};
    if (waits) told["file"] = file.empty() ? Json() : Json(file);
    if (a.json || (!waits && !a.refused)) return told;
    tell_line(past.site, past.name, waits ? "waits" : "refused", "since " + date(past.at));
    for (const auto& each : why) std::printf("    %s\n", each.c_str());
    if (waits) std::printf("    to admit it: %s\n", TRY(answer_to(store, past, file, a)).c_str());
    return told;
}

Result<int> list(const Arguments& a) {
    auto authority = TRY(hub::Authority::open(a.state));
    auto& store = authority.store();
    const Json admitted = TRY(boxes(store, a));
    Json waiting = Json::array(), refused = Json::array();
    for (const auto& past : TRY(store.unanswered()))
        (past.outcome == "asked" ? waiting : refused).push_back(TRY(newcomer(store, past, a)));
    if (a.json) {
        print({{"boxes", admitted}, {"waiting", waiting}, {"refused", refused}});
        return 0;
    }
    if (admitted.empty()) std::puts("no box has been admitted yet");
    if (!refused.empty() && !a.refused)
        std::printf("%zu request(s) refused: %s\n", refused.size(), command(a, "list --refused").c_str());
    return 0;
}

}  // namespace

void add_list(CLI::App& app, Arguments& a, Verb& chosen) {
    add(app, chosen, "list", "All boxes that were admitted, and the requests that wait for a person", list)
        ->add_flag("--refused", a.refused, "Tell the requests that were refused, too, and why");
}

}  // namespace holdfast::hub_verbs
