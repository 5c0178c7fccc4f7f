// The sealed /var of this box: opens it, shows what it is sealed to, seals it anew, sets its PIN, tells why it did not
// open. Needs root.
// People use: holdfast storage.
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "programs/audited.hpp"
#include "programs/console.hpp"
#include "storage/state.hpp"
#include "storage/unlock.hpp"
#include "token/pin.hpp"
#include "tpm/policy.hpp"
#include "update/pause.hpp"

#include <cstdio>

namespace {

using namespace holdfast;

struct Arguments {
    storage::Places places;
    std::filesystem::path pin_file;
    std::string why;
    bool json = false, newest = false, off = false;
};

std::string words_of(const std::vector<unsigned>& pcrs) {
    std::string words;
    for (const unsigned pcr : pcrs) words += (words.empty() ? "" : ", ") + std::to_string(pcr);
    return words.empty() ? "none" : words;
}

Result<Json> in_json(const storage::Seen& seen, const storage::Decision& decision) {
    Json seals = Json::array();
    for (const auto& seal : seen.header.seals)
        seals.push_back({{"pcrs", seal.pcrs},
                         {"signed_pcrs", seal.signed_pcrs},
                         {"key", seal.public_key.empty() ? "" : TRY(tpm::pcr_key_fingerprint(seal.public_key))},
                         {"policy", hex(seal.policy)},
                         {"pin", seal.pin}});
    return Json{{"sealed", true},
                {"seals", seals},
                {"other_keys", seen.header.others},
                {"unlocked_by", seen.recovered ? "recovery-key" : "tpm"},
                {"secure_boot", seen.secure_boot},
                {"pin", storage::asks_for_pin(seen.header)},
                {"pin_demanded", seen.pin_demanded},
                {"as_it_should_be", !decision.reseal && (!seen.pin_demanded || storage::asks_for_pin(seen.header))},
                {"state", decision.sentence}};
}

void tell(const storage::Seen& seen, const storage::Decision& decision) {
    std::printf("/var is sealed; at this start it was opened by %s\n", seen.recovered ? "its recovery key" : "the TPM");
    for (const auto& seal : seen.header.seals)
        std::printf("  TPM: values of PCR %s, signed values of PCR %s%s\n", words_of(seal.pcrs).c_str(),
                    words_of(seal.signed_pcrs).c_str(), seal.pin ? ", and a PIN" : "");
    std::printf("  recovery keys: %u\n%s\n", seen.header.others, decision.sentence.c_str());
}

Result<int> show(const Arguments& a) {
    const auto seen = storage::look(a.places);
    if (!seen && seen.error().code == Code::NotFound) {
        const auto why = storage::why_open(a.places.root);
        std::puts(a.json ? json::write({{"sealed", false}, {"state", why}}).c_str() : why.c_str());
        return 0;
    }
    if (!seen) return std::unexpected(seen.error());
    const auto decision = TRY(storage::decide(*seen));
    if (a.json)
        std::puts(json::write(TRY(in_json(*seen, decision))).c_str());
    else
        tell(*seen, decision);
    return 0;
}

Result<int> seal(const Arguments& a) {
    auto seen = TRY(storage::look(a.places));
    // What the other slot needs does not count then.
    if (a.newest) seen.other_slot.reset();
    const auto decision = TRY(storage::decide(seen));
    // A box that cannot be sealed to what it starts asks for its recovery key one day: what a start does of itself
    // waits for no record.
    if (decision.reseal)
        TRY(audit::on_record(
            on_box(a.places.root),
            {.verb = "storage.seal", .on = decision.sentence, .why = a.why, .vital = audit::self().unit},
            [&] { return storage::seal(a.places, *decision.reseal); }));
    if (a.json)
        std::puts(Json{{"sealed_anew", decision.reseal.has_value()}, {"why", decision.sentence}}.dump().c_str());
    else
        std::printf("%s%s\n", decision.reseal ? "done, " : "", decision.sentence.c_str());
    return 0;
}

Result<int> set_pin(const Arguments& a) {
    const auto seen = TRY(storage::look(a.places));
    const auto how = TRY(storage::with_pin(seen, !a.off));
    const audit::Deed deed{.verb = "storage.pin", .on = a.off ? "no PIN any more" : "a new PIN", .why = a.why};
    const auto set = audit::on_record(on_box(a.places.root), deed, [&]() -> Result<> {
        if (a.off) return storage::seal(a.places, how);
        const auto pin = TRY(token::new_pin(a.pin_file, "this box's disk"));
        return storage::set_pin(a.places, how, pin);
    });
    if (!set) return std::unexpected(set.error());
    if (a.json)
        std::puts(Json{{"pin", how.pin}}.dump().c_str());
    else
        std::puts(how.pin ? "done: from the next start on the box asks for its PIN"
                          : "done: the box starts without a PIN");
    return 0;
}

Result<int> unlock(const Arguments& a) {
    auto how = storage::by_systemd(a.places);
    how.ask = [ask = how.ask](const std::string& prompt) {
        // A slot on trial that waits for a person does not hang.
        const update::Pause waiting("/");
        return ask(prompt);
    };
    TRY(storage::unlock(a.places, how));
    return 0;
}

Result<int> why(const Arguments& a) {
    const auto seen = TRY(storage::look(a.places));
    const std::string reason = TRY(storage::why_locked(seen));
    const Console console;
    console.say(agent::Audience::Console, "holdfast: the disk of this box is locked: " + reason);
    console.say(agent::Audience::Console,
                "holdfast: type its recovery key, which was shown when it was installed, or turn the box off");
    return 0;
}

using Verb = Result<int> (*)(const Arguments&);

Examples examples() {
    return {.program = "holdfast storage",
            .all = {"show --json | jq -r .state", "seal", "seal --newest", "pin", "pin --pin-file /run/new-pin",
                    "pin --off", "unlock", "why"},
            .exit_codes =
                "0 done, or nothing was to do, 64 wrong words, 65 damaged, or a PIN that is none, 66 not "
                "there, or the disk is not sealed, 77 refused."};
}

}  // namespace

int main(int argc, char** argv) {
    Arguments a;
    Verb chosen = nullptr;
    CLI::App app{"The sealed /var of this box: LUKS2, opened by the TPM for what the owner has signed.",
                 "holdfast storage"};
    app.set_version_flag("--version", "holdfast-storage " HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.add_flag("--json", a.json, "One JSON object on one line");
    app.add_option("--device", a.places.device, "The encrypted partition")->capture_default_str();
    app.add_option("--tpm", a.places.tcti, "Another TPM")->type_name("TCTI")->capture_default_str();
    add_why(app, a.why);
    add_verb<Verb>(app, "show", "What the disk is sealed to, and how it was opened", show, chosen);
    add_verb<Verb>(app, "seal", "Seal it anew where it is not sealed as it should be", seal, chosen);
    app.get_subcommand("seal")->add_flag(
        "--newest", a.newest, "To the newest key, also where the release in the other slot cannot open it then");
    add_verb<Verb>(app, "pin", "Set a PIN that the box asks for at each start, or take it off", set_pin, chosen);
    auto* pin = app.get_subcommand("pin");
    auto* file = pin->add_option("--pin-file", a.pin_file, "The PIN is its first line; else it is typed twice")
                     ->type_name("FILE");
    pin->add_flag("--off", a.off, "No PIN any more, where the image demands none")->excludes(file);
    add_verb<Verb>(app, "unlock", "Open it at the start, as holdfast-unlock-var.service does", unlock, chosen);
    add_verb<Verb>(app, "why", "Say on the console why it did not open", why, chosen);
    tell_examples(app, examples());
    return run_words(app, argc, argv, [&] { return chosen(a); });
}
