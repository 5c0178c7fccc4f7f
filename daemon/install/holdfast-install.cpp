// The installer: the only program that runs when a Holdfast medium is booted.
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "install/conversation.hpp"
#include "install/payload.hpp"
#include "install/search.hpp"
#include "install/target.hpp"
#include "programs/qr.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <unistd.h>

namespace {

using namespace holdfast;
using namespace holdfast::install;
namespace fs = std::filesystem;

const fs::path keyring = "/usr/share/holdfast/release.gpg";
const fs::path definitions = "/usr/lib/holdfast/repart.d";
const fs::path release = "/usr/lib/holdfast/release.json";
const fs::path work = "/run/holdfast/install";

// One try; where it is refused, a person may put something right and start another.
struct Session {
    Console& console;
    ConsoleReport report{console, [this](const std::string& step) { give_up(step); }};
    std::optional<Answers> answers;     // none: a person is asked
    std::atomic<bool> writing = false;  // a disk has been touched
    std::atomic<bool> waits = true;     // for a person, after the last words

    void say_why_not(const std::string& why) {
        console.say(std::string("holdfast-install: ") + (writing ? "failed: " : "refused: ") + why);
    }
    // What hangs in the kernel cannot be ended, so all else ends.
    [[noreturn]] void give_up(const std::string& step) {
        say_why_not(step + ": no progress for too long, given up; try another port, medium or disk");
        if (!waits) static_cast<void>(run({"systemctl", "--no-block", "poweroff"}));
        std::_Exit(exit_code(Code::Offline));
    }
};

struct Plan {
    Disk disk;
    std::string hostname;
    std::vector<std::string> keys;
    std::optional<identity::Invitation> invitation;
    std::string pin;
};

Result<> read_answers(Session& session, const Located& found, const Medium& medium, const std::string& papers) {
    if (found.answers.empty()) return {};
    if (found.answers.size() > 1)
        return fail(Code::Denied,
                    "the medium holds more than one install.yaml (in the ISO and on its FAT partition); "
                    "remove one");
    const Kind kind = medium.development ? Kind::Development : Kind::Production;
    session.answers = TRY(parse_answers(found.answers.front(), kind));
    session.waits = session.answers->on_refusal == OnRefusal::Wait;
    return check_pin_answer(papers, session.answers->pin);
}

// `wants_pin`: the disk will be sealed to one.
Result<Plan> make_plan(Session& session, const fs::path& device, const Medium& medium, bool wants_pin) {
    session.report.step("looking at the disks");
    static_cast<void>(run({"udevadm", "settle", "--timeout=30"}));
    const auto disks = TRY(list_disks(device));
    const auto needed = TRY(needed_size(definitions));
    if (!session.answers) {
        session.report.rest();
        auto agreed = TRY(converse(session.console, disks, needed));
        std::string pin;
        if (wants_pin) pin = TRY(ask_new_pin(session.console));
        return Plan{std::move(agreed.disk), agreed.hostname, {}, {}, std::move(pin)};
    }
    auto choice =
        choose(disks, {session.answers->disk, session.answers->wipe, session.answers->reinstall, medium.id}, needed);
    show_refused(session.console, choice.refused);
    if (!choice.disk) return fail(Code::Denied, choice.why);
    return Plan{*std::move(choice.disk), session.answers->hostname, session.answers->authorized_keys,
                session.answers->invitation, session.answers->pin};
}

// The one time that the recovery key is shown.
Result<> tell_recovery_key(Console& console, const Sealing& sealing) {
    console.say(
        "holdfast-install: /var is sealed to this computer's TPM. Its recovery key, shown this once; write it down:");
    console.say("holdfast-install: recovery key " + sealing.recovery_key);
    for (const auto& line : split(TRY(draw_code(sealing.recovery_key)), '\n'))
        if (!line.empty()) console.say(line);
    return {};
}

std::string how_sealed(const std::optional<Sealing>& sealing) {
    if (!sealing) return ", /var open: this computer has no TPM 2.0 to seal it to";
    return sealing->pin.empty() ? ", /var sealed to the TPM" : ", /var sealed to the TPM and a PIN";
}

// The last line's "commit=… disk=…".
Result<std::string> install_all(Session& session) {
    const std::string cmdline = TRY(read_whole("/proc/cmdline", 64UL * 1024));
    const std::string id = TRY(medium_on(cmdline));
    const Located found = TRY(find_medium(id, session.report));
    // Before the long check, so that a mistake in it shows at once; it is read again when the medium is verified.
    const std::string papers = TRY(read_whole(release, mebibyte));
    TRY(read_answers(session, found, found.medium, papers));
    const Payload payload{.folder = found.mount.at() / "holdfast", .keyring = keyring, .id = id};
    const Medium medium = TRY(verify_payload(payload, session.report));
    session.report.step("checking the signature of the system on the medium");
    const Mount system = TRY(in("system.squashfs", open_system(payload, medium, work / "system")));
    session.console.say("holdfast-install: this is " + medium.name +
                        (medium.development ? ", signed with DEVELOPMENT keys: not for production" : ""));
    TRY(read_answers(session, found, medium, papers));
    auto sealing = TRY(sealing_for(papers, "/"));
    const Plan plan = TRY(make_plan(session, found.device, medium, sealing && sealing->wants_pin));
    if (sealing) sealing->pin = plan.pin;
    session.console.say("holdfast-install: installing on " + describe(plan.disk) + how_sealed(sealing));
    session.writing = true;
    TRY(install_on({.disk = plan.disk.node,
                    .definitions = definitions,
                    .repo = system.at(),
                    .keyring = keyring,
                    .commit = medium.commit,
                    .hostname = plan.hostname,
                    .authorized_keys = plan.keys,
                    .work = work,
                    .sealing = sealing,
                    .invitation = plan.invitation},
                   session.report));
    if (sealing) {
        session.report.rest();
        TRY(tell_recovery_key(session.console, *sealing));
    }
    return "commit=" + medium.commit + " disk=" + plan.disk.node.string();
}

void turn(Console& console, const char* how) {
    if (auto asked = run_or_fail({"systemctl", "--no-block", how}); !asked) console.say(asked.error().what);
}

// Waits where somebody should read first; without anybody, for ever.
std::string wait_for_word(Console& console, const char* question) {
    auto word = console.ask(question);
    if (!word) ::pause();
    return word.value_or("");
}

int finish(Session& session, const std::string& what) {
    const bool asked = !session.answers;
    const bool reboot = asked || session.answers->after == After::Reboot;
    session.report.rest();
    session.console.say(std::string("holdfast-install: next: ") + (reboot ? "reboot" : "poweroff") +
                        "; take the medium out before the computer starts again");
    session.console.say("holdfast-install: done " + what);
    if (asked) wait_for_word(session.console, "Press Enter to go on.");
    turn(session.console, reboot ? "reboot" : "poweroff");
    return 0;
}

}  // namespace

int main() {
    // A console that hangs up must not end an installation.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    Console console = Console::open();
    for (;;) {
        Session session{console};
        const auto done = install_all(session);
        if (done) return finish(session, *done);
        session.report.rest();
        session.say_why_not(done.error().what);
        if (session.waits && wait_for_word(console, "Press Enter to try again, or type 'off' to turn it off.") != "off")
            continue;
        turn(console, "poweroff");
        return exit_code(done.error().code);
    }
}
