// The installer: the only program that runs when a Holdfast medium is booted.
#include "base/file.hpp"
#include "base/process.hpp"
#include "install/conversation.hpp"
#include "install/payload.hpp"
#include "install/search.hpp"
#include "install/target.hpp"

#include <csignal>
#include <optional>
#include <unistd.h>

namespace {

using namespace holdfast;
using namespace holdfast::install;
namespace fs = std::filesystem;

const fs::path keyring = "/usr/share/holdfast/release.gpg";
const fs::path definitions = "/usr/lib/holdfast/repart.d";
const fs::path work = "/run/holdfast/install";

struct Session {
    Console console = Console::open();
    ConsoleReport report{console};
    std::optional<Answers> answers;  // none: a person is asked
    bool writing = false;            // a disk has been touched
};

struct Plan {
    Disk disk;
    std::string hostname;
    std::vector<std::string> keys;
};

Result<std::optional<Answers>> read_answers(const Located& found, const Medium& medium) {
    if (found.answers.empty()) return std::nullopt;
    if (found.answers.size() > 1)
        return fail(Code::Denied,
                    "the medium holds more than one install.yaml (in the ISO and on its FAT partition); "
                    "remove one");
    return TRY(parse_answers(found.answers.front(), medium.development ? Kind::Development : Kind::Production));
}

Result<Plan> make_plan(Session& session, const fs::path& device, const Medium& medium) {
    session.report.step("looking at the disks");
    static_cast<void>(run({"udevadm", "settle", "--timeout=30"}));
    const auto disks = TRY(list_disks(device));
    const auto needed = TRY(needed_size(definitions));
    if (!session.answers) {
        auto agreed = TRY(converse(session.console, disks, needed));
        return Plan{std::move(agreed.disk), agreed.hostname, {}};
    }
    auto choice =
        choose(disks, {session.answers->disk, session.answers->wipe, session.answers->reinstall, medium.id}, needed);
    show_refused(session.console, choice.refused);
    if (!choice.disk) return fail(Code::Denied, choice.why);
    return Plan{*std::move(choice.disk), session.answers->hostname, session.answers->authorized_keys};
}

// The last line's "commit=… disk=…".
Result<std::string> install_all(Session& session) {
    const std::string cmdline = TRY(read_whole("/proc/cmdline", 64UL * 1024));
    const std::string id = TRY(medium_on(cmdline));
    const Located found = TRY(find_medium(id, session.report));
    // Before the long check, so that a mistake in it shows at once; it is read again when the medium is verified.
    session.answers = TRY(read_answers(found, found.medium));
    const Payload payload{.folder = found.mount.at() / "holdfast", .keyring = keyring, .id = id};
    const Medium medium = TRY(verify_payload(payload, session.report));
    session.report.step("checking the signature of the system on the medium");
    const Mount system = TRY(in("system.squashfs", open_system(payload, medium, work / "system")));
    session.console.say("holdfast-install: this is " + medium.name +
                        (medium.development ? ", signed with DEVELOPMENT keys: not for production" : ""));
    session.answers = TRY(read_answers(found, medium));
    const Plan plan = TRY(make_plan(session, found.device, medium));
    session.console.say("holdfast-install: installing on " + describe(plan.disk));
    session.writing = true;
    TRY(install_on({.disk = plan.disk.node,
                    .definitions = definitions,
                    .repo = system.at(),
                    .keyring = keyring,
                    .commit = medium.commit,
                    .hostname = plan.hostname,
                    .authorized_keys = plan.keys,
                    .work = work},
                   session.report));
    return "commit=" + medium.commit + " disk=" + plan.disk.node.string();
}

// Waits where somebody should read first.
void leave(Session& session, const char* how, bool wait) {
    if (wait && !session.console.ask("Press Enter to go on.")) ::pause();
    if (auto asked = run_or_fail({"systemctl", "--no-block", how}); !asked) session.console.say(asked.error().what);
}

}  // namespace

int main() {
    // A console that hangs up must not end an installation.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    Session session;
    const auto done = install_all(session);
    const bool asked = !session.answers;
    if (done) {
        const bool reboot = asked || session.answers->after == After::Reboot;
        session.console.say(std::string("holdfast-install: next: ") + (reboot ? "reboot" : "poweroff") +
                            "; take the medium out before the computer starts again");
        session.console.say("holdfast-install: done " + *done);
        leave(session, reboot ? "reboot" : "poweroff", asked);
        return 0;
    }
    session.console.say(std::string("holdfast-install: ") + (session.writing ? "failed: " : "refused: ") +
                        done.error().what);
    leave(session, "poweroff", asked || session.answers->on_refusal == OnRefusal::Wait);
    return exit_code(done.error().code);
}
