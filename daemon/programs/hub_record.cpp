// holdfast hub …: what an authority decides is on record in its own feed, too, beside its table of decisions.
#include "hub_verbs.hpp"
#include "programs/audited.hpp"

#include <array>

namespace holdfast::hub_verbs {

namespace {

constexpr int asked = 3;  // a person has to decide
// What only tells, or serves, is none of these.
constexpr std::array<std::string_view, 20> deeds{
    "renew",           "ticket create",  "ticket revoke",   "escrow",       "recover",
    "admit",           "judge",          "revoke",          "quarantine",   "free",
    "release add",     "release revoke", "trust",           "trust forget", "policy",
    "firmware accept", "firmware allow", "firmware forget", "announce",     "sign-intermediate"};

// "ticket create", of what was called.
std::string called(const CLI::App& app) {
    std::string words;
    for (const auto* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        if (!at->get_name().empty()) words += (words.empty() ? "" : " ") + at->get_name();
    }
    return words;
}

// As far as it names something; what names a ticket may be its code, which lets boxes in and stands in no record.
std::string on(const Arguments& a, std::string_view verb) {
    std::vector<std::string> words;
    if (!verb.starts_with("ticket") && !a.what.empty()) words.push_back(a.what);
    const auto named = [](const char* what, const std::string& value) {
        return value.empty() ? "" : std::string(what) + " " + value;
    };
    const std::string withdrawn = a.withdraw ? "withdrawn" : "";
    for (const auto& each : {a.site, a.name, named("firmware", a.firmware), named("unknown-tpm", a.unknown_tpms),
                             a.endorsement.substr(0, 16), a.url, withdrawn,
                             named("keys of", a.keys.filename().string()), a.file.filename().string()})
        if (!each.empty()) words.push_back(each);
    for (const auto& each : a.files) words.push_back(std::filesystem::path(each).filename().string());
    return join(words, " ");
}

bool is_deed(const std::string& verb, const Arguments& a) {
    // With no option it tells the policy.
    if (verb == "policy") return !a.firmware.empty() || !a.unknown_tpms.empty();
    if (verb == "trust") return !a.by.empty();
    return std::ranges::contains(deeds, verb) && std::filesystem::exists(a.state / "authority.pem");
}

// Its stores lie in its folder as below the root of a box; what is demanded, this computer says.
audit::Place place_of(const std::filesystem::path& state) {
    auto place = on_box(state);
    place.settings = "/";
    return place;
}

}  // namespace

hub::OnRecord record_of(const std::filesystem::path& state) {
    return [state](const std::string& verb, const std::string& on, const std::function<Result<>()>& deed) {
        return audit::on_record(place_of(state), {.verb = "hub." + verb, .on = on, .why = "a box asked over a line"},
                                deed);
    };
}

Result<int> on_record(const CLI::App& app, const Arguments& a, Verb verb) {
    const std::string words = called(app);
    if (!is_deed(words, a)) return verb(a);
    std::string name = "hub." + words;
    std::ranges::replace(name, ' ', '.');
    auto who = audit::self();
    who.said = a.by;
    audit::Entry entry(place_of(a.state), {.verb = name, .on = on(a, words), .why = a.why, .who = who, .vital = false});
    TRY(entry.begin());
    auto came = verb(a);
    if (came && *came == asked)
        entry.end(audit::Outcome::Refused, {}, "a person has to decide");
    else if (came && *came == exit_code(Code::Denied))
        entry.end(audit::Outcome::Refused, "denied", "for the reasons that the authority keeps: holdfast hub show");
    else
        entry.end(came);
    return came;
}

}  // namespace holdfast::hub_verbs
