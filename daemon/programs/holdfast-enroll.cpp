// Joins this box to an authority: makes the request, opens the answer, shows who the box is. Needs root and the TPM.
// People use: holdfast enroll.
#include "base/file.hpp"
#include "base/http.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "enroll/node.hpp"
#include "enroll/report.hpp"
#include "identity/settings.hpp"
#include "programs/codes.hpp"
#include "programs/membership.hpp"

#include <chrono>
#include <climits>
#include <cstdio>
#include <optional>
#include <thread>
#include <unistd.h>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;
using enroll::answer_limit;

struct Arguments {
    fs::path root = "/", file, out;
    std::string tcti = "device:/dev/tpmrm0", site, name, ticket, authority, url;
    std::int64_t minutes = 0;
    bool json = false, codes = false;
};

std::string host_name() {
    char name[HOST_NAME_MAX + 1] = {};
    return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

Result<Asking> asking(const Arguments& a) {
    const auto settings = TRY(identity::load_settings(a.root));
    return Asking{.root = a.root,
                  .out = a.out,
                  .tcti = a.tcti,
                  .site = a.site,
                  .name = a.name.empty() ? host_name() : a.name,
                  .ticket = a.ticket,
                  .issuing = settings.authority,
                  .json = a.json};
}

Result<> ask(const Arguments& a) {
    if (!a.codes) return ask_authority(TRY(asking(a)));
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    const auto wish = TRY(asking(a));
    return show_codes(TRY(make_request(tpm, wish)));
}

Result<> import(const Arguments& a) {
    const std::string answer = TRY(read_whole(a.file, answer_limit));
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    return show_identity(TRY(enroll::Node(a.root).import(tpm, answer, a.authority)), a.root, a.json);
}

// What the checks that did not say yes have said, a line each.
void tell_checks(const std::string& body) {
    const auto said = json::parse(body, answer_limit);
    if (!said || !said->is_object() || !said->contains("checks") || !said->at("checks").is_array()) return;
    for (const auto& check : said->at("checks"))
        if (const auto answer = json::text(check, "answer", 16); answer && *answer != "yes")
            std::fprintf(stderr, "%s: %s\n", json::text(check, "name", 64).value_or("?").c_str(),
                         valid_utf8(json::text(check, "reason", 1024).value_or("?")).c_str());
}

// The answer; nothing while a person has to decide.
Result<std::optional<std::string>> post(http::Client& client, const Arguments& a, const std::string& request) {
    const auto answered =
        TRY(client.post({.url = a.url + "/v1/enroll", .root_fingerprint = a.authority}, request, answer_limit));
    if (answered.status == 200) return answered.body;
    tell_checks(answered.body);
    if (answered.status == 202) return std::nullopt;
    if (answered.status == 403) return fail(Code::Denied, "the authority refuses this box");
    return fail(answered.status >= 500 ? Code::Offline : Code::Corrupt,
                a.url + " answers with status " + std::to_string(answered.status));
}

// The line is kept for what the box reports later.
Result<> joined(const Arguments& a, tpm::Tpm& tpm, const std::string& answer) {
    enroll::Node node(a.root);
    const auto identity = TRY(node.import(tpm, answer, a.authority));
    TRY(node.keep_line(a.url));
    return show_identity(identity, a.root, a.json);
}

// One request, posted until it is answered. Each of them may be cut off: the same request is answered the same, and a
// box that was admitted needs no ticket for the next one.
Result<> join(const Arguments& a) {
    constexpr auto pause = std::chrono::seconds(10);
    TRY(enroll::check_line(a.url));
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    const auto wish = TRY(asking(a));
    const auto request = TRY(make_request(tpm, wish));
    http::Client client;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(a.minutes);
    while (true) {
        const auto answer = TRY(post(client, a, request));
        if (answer) return joined(a, tpm, *answer);
        if (std::chrono::steady_clock::now() + pause > deadline)
            return fail(Code::Busy, "a person there has to decide; then the same again, or wait with --wait MINUTES");
        std::this_thread::sleep_for(pause);
    }
}

Result<> show(const Arguments& a) {
    return show_identity(TRY(this_box(a.root)), a.root, a.json);
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
        "  holdfast enroll join https://hub.clinic.example:8443 --authority 3f9a1c42e0b75d18 --ticket "
        "K7QF-2M4X-9TTN-0WXZ\n"
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
    request->add_option("--out", a.out, "The file to write (default: NAME.request)");
    request->add_flag("--qr", a.codes, "Show it as QR codes, one after the other; in a pipe, as the texts of them");
    request->callback([&] { chosen = ask; });
    auto* answer = app.add_subcommand("import", "Open the answer and be that box from then on");
    answer->add_option("file", a.file, "The answer")->required();
    answer->add_option("--authority", a.authority, "First 16 digits or more of the authority's fingerprint");
    answer->callback([&] { chosen = import; });
    auto* by_line = app.add_subcommand("join", "Ask an authority over a line, and open its answer");
    by_line->add_option("url", a.url, "Where it is: https://HOST:PORT")->required();
    by_line->add_option("--authority", a.authority, "First 16 digits or more of its fingerprint: no other is talked to")
        ->required();
    by_line->add_option("--wait", a.minutes, "For how many minutes a person there may think")
        ->check(CLI::Range(0, 10080));
    for (auto* verb : {request, by_line}) {
        verb->add_option("--site", a.site, "The site to join (a ticket may know it)");
        verb->add_option("--name", a.name, "The name to have there (default: the host's)");
        verb->add_option("--ticket", a.ticket, "Code of a ticket of the authority: then nobody needs to be asked");
    }
    by_line->callback([&] { chosen = join; });
    app.add_subcommand("show", "Who this box is")->callback([&] { chosen = show; });
    return run_words(app, argc, argv, [&]() -> Result<int> {
        TRY(chosen(a));
        return 0;
    });
}
