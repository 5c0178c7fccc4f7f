// Joins this box to an authority: makes the request, opens the answer, shows who the box is. Needs root and the TPM.
// People use: holdfast enroll.
#include "agent/release.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "base/words.hpp"
#include "boot/slots.hpp"
#include "enroll/node.hpp"
#include "tpm/event_log.hpp"

#include <cstdio>
#include <ctime>
#include <unistd.h>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

struct Arguments {
    fs::path root = "/", file, out;
    std::string tcti = "device:/dev/tpmrm0", site, name, ticket, authority;
    bool json = false;
};

std::string host_name() {
    char name[HOST_NAME_MAX + 1] = {};
    return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

// A log that is not there is an empty one: the authority's checks say what is missing.
std::string log_in(const fs::path& file) {
    return read_whole(file, tpm::event_log_limit).value_or("");
}

enroll::Running running(const fs::path& root) {
    enroll::Running found;
    if (const auto release = agent::load_release(root)) {
        found.ref = release->reference();
        found.version = release->version;
    }
    const auto slot = boot::booted_slot(root);
    if (!slot) return found;
    found.slot = boot::letter(*slot);
    found.commit = boot::slot_commit(root, *slot).value_or("");
    return found;
}

Result<> ask(const Arguments& a) {
    enroll::Wish wish{.site = a.site,
                      .name = a.name.empty() ? host_name() : a.name,
                      .ticket = a.ticket,
                      .time = static_cast<std::uint64_t>(std::time(nullptr)),
                      .running = running(a.root),
                      .firmware_log = log_in(a.root / "sys/kernel/security/tpm0/binary_bios_measurements"),
                      .userspace_log = log_in(a.root / "run/log/systemd/tpm2-measure.log")};
    // Upper-case letters of a host name are none in a certificate's.
    if (!enroll::is_name(wish.name))
        return fail(Code::Corrupt,
                    "'" + wish.name + "' cannot be a box's name; give one with --name: letters, digits, hyphens");
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    std::string notice;
    const auto bytes = TRY(enroll::Node(a.root).request(tpm, wish, notice));
    if (!notice.empty()) std::fprintf(stderr, "note: %s\n", notice.c_str());
    const fs::path out = a.out.empty() ? fs::path(wish.name + ".request") : a.out;
    TRY(write_whole(out, bytes));
    if (a.json)
        std::puts(json::write({{"file", out.string()}, {"bytes", bytes.size()}, {"name", wish.name}}).c_str());
    else
        std::printf("%s (%zu bytes)\nnext: carry it to the authority, and there: holdfast hub admit %s\n", out.c_str(),
                    bytes.size(), out.filename().c_str());
    return {};
}

void show(const enroll::Identity& identity, bool json) {
    if (json) {
        std::puts(json::write({{"id", identity.id.uri()},
                               {"site", identity.id.site},
                               {"name", identity.id.box},
                               {"serial", identity.certificate.serial},
                               {"from", identity.certificate.validity.from},
                               {"until", identity.certificate.validity.until},
                               {"authority", identity.authority}})
                      .c_str());
        return;
    }
    std::printf("identity    %s\nvalid       until %s\nauthority   %s\n", identity.id.uri().c_str(),
                date(identity.certificate.validity.until).c_str(), identity.authority.c_str());
}

Result<> import(const Arguments& a) {
    const std::string answer = TRY(read_whole(a.file, enroll::answer_limit));
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    show(TRY(enroll::Node(a.root).import(tpm, answer, a.authority)), a.json);
    return {};
}

Result<> show_identity(const Arguments& a) {
    const auto identity = TRY(enroll::Node(a.root).identity());
    if (!identity)
        return fail(Code::NotFound, "this box has not been admitted anywhere; begin with: holdfast enroll request");
    show(*identity, a.json);
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Joins this box to an authority: one request, one answer, over a line or on a stick.",
                 "holdfast-enroll"};
    app.set_version_flag("--version", "holdfast-enroll " HOLDFAST_VERSION);
    app.footer(
        "Examples:\n"
        "  holdfast enroll request --site north --name ventilator-7 --out /mnt/ventilator-7.request\n"
        "  holdfast enroll request --ticket K7QF-2M4X-9TTN-0WXZ\n"
        "  holdfast enroll import /mnt/ventilator-7.answer --authority 3f9a1c42e0b75d18\n"
        "  holdfast enroll show --json | jq .until\n\n"
        "Exit codes: 0 done, 65 damaged, 66 not there, 69 no TPM that answers, 75 busy: try again, 77 refused.");
    app.require_subcommand(1);
    app.fallthrough();
    Arguments a;
    app.add_option("--root", a.root, "Work below DIRECTORY")->type_name("DIRECTORY");
    app.add_option("--tpm", a.tcti, "The way to the TPM, as the TSS names it")->capture_default_str();
    app.add_flag("--json", a.json, "One JSON object on one line");
    Result<> (*chosen)(const Arguments&) = nullptr;
    auto* request = app.add_subcommand("request", "Make a request for an authority");
    request->add_option("--site", a.site, "The site to join (a ticket may know it)");
    request->add_option("--name", a.name, "The name to have there (default: the host's)");
    request->add_option("--ticket", a.ticket, "Code of a ticket of the authority: then nobody needs to be asked");
    request->add_option("--out", a.out, "The file to write (default: NAME.request)");
    request->callback([&] { chosen = ask; });
    auto* answer = app.add_subcommand("import", "Open the answer and be that box from then on");
    answer->add_option("file", a.file, "The answer")->required();
    answer->add_option("--authority", a.authority, "First 16 digits or more of the authority's fingerprint");
    answer->callback([&] { chosen = import; });
    app.add_subcommand("show", "Who this box is")->callback([&] { chosen = show_identity; });
    if (const auto over = parse_words(app, argc, argv)) return *over;
    const auto done = chosen(a);
    if (done) return 0;
    std::fprintf(stderr, "holdfast-enroll: %s\n", done.error().what.c_str());
    return exit_code(done.error().code);
}
