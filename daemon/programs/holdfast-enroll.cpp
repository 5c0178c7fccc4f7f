// Joins this box to an authority: makes the request, opens the answer, shows who the box is. Needs root and the TPM.
// People use: holdfast enroll.
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/words.hpp"
#include "enroll/escrow.hpp"
#include "identity/invitation.hpp"
#include "identity/settings.hpp"
#include "programs/audited.hpp"
#include "programs/codes.hpp"
#include "programs/membership.hpp"

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstdio>
#include <thread>
#include <unistd.h>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;
using enroll::answer_limit;

struct Arguments {
    fs::path root = "/", file, out, escrow;
    std::string tcti = "device:/dev/tpmrm0", site, name, ticket, authority, url, why;
    std::int64_t minutes = 0;
    bool json = false, codes = false;
};

std::string host_name() {
    char name[HOST_NAME_MAX + 1] = {};
    return ::gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

// Boxes that nobody has named would all have that one.
Result<std::string> host_as_name() {
    auto name = host_name();
    if (!name.empty() && name != "localhost") return name;
    return fail(Code::NotFound, "this box has no name yet ('" + name +
                                    "'); give one with --name, or the computer: hostnamectl hostname NAME");
}

Result<Asking> asking(const Arguments& a) {
    const std::string name = a.name.empty() ? TRY(host_as_name()) : a.name;
    const auto settings = TRY(identity::load_settings(a.root));
    return Asking{.root = a.root,
                  .out = a.out,
                  .tcti = a.tcti,
                  .site = a.site,
                  .name = name,
                  .ticket = a.ticket,
                  .issuing = settings.authority,
                  .json = a.json};
}

// What was not said comes from the invitation, unless that is to somebody else.
Result<Arguments> as_invited(Arguments a) {
    const auto found = TRY(identity::load_invitation(a.root));
    if (!found) return a;
    const std::size_t digits = std::min(a.authority.size(), found->fingerprint.size());
    const bool other = (!a.url.empty() && a.url != found->url) ||
                       a.authority.substr(0, digits) != found->fingerprint.substr(0, digits);
    if (other) return a;
    for (const auto& [into, from] : {std::pair{&a.url, &found->url},
                                     {&a.authority, &found->fingerprint},
                                     {&a.ticket, &found->ticket},
                                     {&a.site, &found->site},
                                     {&a.name, &found->name}})
        if (into->empty()) *into = *from;
    return a;
}

// The same for who asks; and a box that this authority knows goes on under the name that it has there.
Result<Arguments> as_known(const Arguments& given) {
    auto a = TRY(as_invited(given));
    // One that cannot be read is no reason not to ask anew.
    const auto box = enroll::Kept(a.root).identity().value_or(std::nullopt);
    if (!box || !box->authority.starts_with(a.authority)) return a;
    a.site = given.site.empty() ? box->id.site : given.site;
    a.name = given.name.empty() ? box->id.box : given.name;
    return a;
}

// "'ventilator-7' at 'north'"
std::string called(const Asking& wish) {
    return "'" + wish.name + "'" + (wish.site.empty() ? "" : " at '" + wish.site + "'");
}

Result<> ask_for(const Arguments& a, Asking wish) {
    if (!a.escrow.empty()) {
        const std::string pem = TRY(read_whole(a.escrow, answer_limit));
        wish.escrow_to = TRY(in(a.escrow.string(), enroll::escrow_certificate(pem, a.authority)));
    }
    if (!a.codes) return ask_authority(wish);
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    std::vector<std::string> codes;
    const auto draw = [&](std::string_view request) -> Result<> {
        codes = TRY(codes_of(request));
        return {};
    };
    TRY(make_request(tpm, wish, draw));
    TRY(enroll::Node(a.root).note_place("somebody as QR codes"));
    return show_codes(codes);
}

Result<> ask(const Arguments& given) {
    const auto a = TRY(as_known(given));
    const auto wish = TRY(asking(a));
    const std::string key = a.escrow.empty() ? "" : ", with the recovery key of its disk for " + a.escrow.string();
    return audit::on_record(
        on_box(a.root),
        {.verb = a.escrow.empty() ? "enroll.request" : "enroll.escrow", .on = called(wish) + key, .why = a.why},
        [&] { return ask_for(a, wish); });
}

// The two files of a round trip lie side by side.
Result<> check_answer(std::string_view bytes) {
    const auto answer = enroll::parse_answer(bytes);
    if (answer) return {};
    if (enroll::parse_request(bytes))
        return fail(Code::Corrupt,
                    "this is a request; the answer to it is what the authority has written: NAME.answer");
    return fail(Code::Corrupt, "this is no answer of an authority, or a damaged one (" + answer.error().what + ")");
}

Result<enroll::Identity> open_answer(const Arguments& a, const Arguments& given) {
    const std::string answer = TRY(read_whole(a.file, answer_limit));
    TRY(in(a.file.string(), check_answer(answer)));
    enroll::Node node(a.root);
    // An authority that nobody has named is the one of before, and for a newcomer the invitation's.
    const bool known = node.identity().value_or(std::nullopt).has_value();
    const auto authority = given.authority.empty() && known ? "" : a.authority;
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    auto identity = TRY(in(a.file.string(), node.import(tpm, answer, authority)));
    TRY(identity::forget_ticket(a.root));
    return identity;
}

Result<> import(const Arguments& given) {
    const auto a = TRY(as_invited(given));
    const auto identity =
        TRY(audit::on_record(on_box(a.root), {.verb = "enroll.import", .on = fs::absolute(a.file), .why = a.why},
                             [&] { return open_answer(a, given); }));
    return show_identity(identity, a.root, a.json);
}

Result<enroll::Line> line_of(const Arguments& a) {
    if (a.url.empty() && a.authority.empty())
        return fail(Code::NotFound,
                    "whom to join, nobody has said: give an address and --authority, or write the invitation into "
                    "/etc/holdfast/enroll.yaml");
    if (a.authority.empty())
        return fail(Code::NotFound, "the fingerprint of the authority at " + a.url +
                                        " is missing: give 16 digits or more of it with --authority; it comes with a "
                                        "ticket, or from a person there");
    if (a.url.empty())
        return fail(Code::NotFound, "where the authority is, nobody has said: holdfast enroll join https://HOST:PORT");
    TRY(identity::check_line(a.url));
    return enroll::Line{a.url, a.authority};
}

// Tried until it is answered. Each try may be cut off: the same request is answered the same, and a box that was
// admitted needs no ticket for the next one.
Result<enroll::Identity> admitted(const Arguments& a, const enroll::Line& line, tpm::Tpm& tpm, audit::Entry& entry) {
    constexpr auto pause = std::chrono::seconds(10);
    enroll::Node node(a.root);
    http::Client client;
    auto asked = TRY(asking(a));
    // A disk's recovery key goes along, where there is one and the authority keeps such keys.
    if (has_recovery_key(a.root)) asked.escrow_to = TRY(enroll::fetch_escrow(client, line)).value_or("");
    const auto wish = TRY(wish_of(asked));
    // Asking again with what waits changes nothing here until it is answered.
    if (!TRY(node.waiting())) TRY(entry.begin());
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(a.minutes);
    while (true) {
        auto reply = TRY(enroll::join_once(node, tpm, client, line, wish, [&] { return entry.begin(); }));
        show_reply(reply);
        if (reply.identity) return *std::move(reply.identity);
        if (std::chrono::steady_clock::now() + pause > deadline)
            return fail(Code::Busy, "a person there has to decide; then the same again, or wait with --wait MINUTES");
        std::this_thread::sleep_for(pause);
    }
}

// A box that goes by its invitation alone is done where it was admitted.
Result<> join(const Arguments& given) {
    const auto a = TRY(as_known(given));
    const auto line = TRY(line_of(a));
    if (given.url.empty())
        if (const auto before = TRY(enroll::joined_before(enroll::Node(a.root), line)))
            return show_identity(*before, a.root, a.json);
    const auto wish = TRY(asking(a));
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    audit::Entry entry(on_box(a.root), {.verb = "enroll.join", .on = called(wish) + ", by " + line.url, .why = a.why});
    const auto identity = admitted(a, line, tpm, entry);
    entry.end(identity);
    if (!identity) return std::unexpected(identity.error());
    return show_identity(*identity, a.root, a.json);
}

// By what the box has asked with, else by its TPM.
Result<std::string> endorsement(const Arguments& a) {
    if (const auto kept = TRY(enroll::Kept(a.root).endorsement())) return *kept;
    auto tpm = TRY(tpm::Tpm::open(a.tcti));
    return enroll::endorsement_number(tpm);
}

// What is known of a box that was not admitted yet.
void show_newcomer(const Arguments& a, const std::optional<enroll::Waiting>& waiting) {
    const auto number = endorsement(a);
    if (a.json) {
        const Json asked = waiting ? Json{{"site", waiting->site},
                                          {"name", waiting->name},
                                          {"made", waiting->made},
                                          {"place", waiting->place}}
                                   : Json();
        std::puts(json::write({{"id", Json()}, {"waiting", asked}, {"endorsement", number ? Json(*number) : Json()}})
                      .c_str());
        return;
    }
    std::printf("endorsement %s\n", number ? number->c_str() : ("unknown: " + number.error().what).c_str());
    if (waiting) std::printf("waiting     %s\n", described(*waiting).c_str());
}

Result<> show(const Arguments& a) {
    const enroll::Kept kept(a.root);
    if (TRY(kept.identity())) return show_identity(TRY(this_box(a.root)), a.root, a.json);
    const auto waiting = TRY(kept.waiting());
    show_newcomer(a, waiting);
    return this_box(a.root).transform([](const auto&) {});
}

Examples examples() {
    return {
        .program = "holdfast enroll",
        .all = {"request --site north --name ventilator-7 --out /mnt/ventilator-7.request",
                "request --escrow /mnt/escrow.pem --authority 3f9a1c42e0b75d18", "request --ticket K7QF-2M4X-9TTN-0WXZ",
                "join https://hub.clinic.example:8443 --authority 3f9a1c42e0b75d18 --ticket K7QF-2M4X-9TTN-0WXZ",
                "join                by the invitation in /etc/holdfast/enroll.yaml",
                "import /mnt/ventilator-7.answer --authority 3f9a1c42e0b75d18", "show --json | jq .until"},
        .exit_codes =
            "0 done, 64 wrong words, 65 damaged, 66 not there, 69 nobody there, or no TPM that answers, "
            "75 busy: try again, 77 refused. 'show' of a box that was not admitted: 66."};
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Joins this box to an authority: one request, one answer, over a line or on a stick.",
                 "holdfast-enroll"};
    app.set_version_flag("--version", "holdfast-enroll " HOLDFAST_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    Arguments a;
    app.add_option("--root", a.root, "Work below DIRECTORY")->type_name("DIRECTORY");
    app.add_option("--tpm", a.tcti, "The way to the TPM, as the TSS names it")->capture_default_str();
    app.add_flag("--json", a.json, "One JSON object on one line");
    add_why(app, a.why);
    Result<> (*chosen)(const Arguments&) = nullptr;
    auto* request = app.add_subcommand("request", "Make a request for an authority");
    request->add_option("--out", a.out, "The file to write, or a folder for it (default: NAME.request)");
    request->add_flag("--qr", a.codes, "Show it as QR codes, one after the other; in a pipe, as the texts of them");
    request->callback([&] { chosen = ask; });
    request->add_option("--escrow", a.escrow,
                        "Leave the disk's recovery key with the authority that wrote this file: holdfast hub escrow");
    request->add_option("--authority", a.authority, "With --escrow: 16 digits or more of its fingerprint");
    auto* answer = app.add_subcommand("import", "Open the answer and be that box from then on");
    answer->add_option("file", a.file, "The answer")->required();
    answer->add_option("--authority", a.authority,
                       "First 16 digits or more of its authority's fingerprint (default: the one of before)");
    answer->callback([&] { chosen = import; });
    auto* by_line = app.add_subcommand("join", "Ask an authority over a line, and open its answer");
    by_line->add_option("url", a.url, "Where it is: https://HOST:PORT (default: the invitation's)");
    by_line->add_option("--authority", a.authority,
                        "First 16 digits or more of its fingerprint: no other is talked to");
    by_line->add_option("--wait", a.minutes, "For how many minutes a person there may think")
        ->check(CLI::Range(0, 10080));
    for (auto* verb : {request, by_line}) {
        verb->add_option("--site", a.site, "The site to join (default: that of before; a ticket may know it)");
        verb->add_option("--name", a.name,
                         "The name to have there (default: that of before, the invitation's, or the host's)");
        verb->add_option("--ticket", a.ticket, "Code of a ticket of the authority: then nobody needs to be asked");
    }
    by_line->callback([&] { chosen = join; });
    app.add_subcommand("show", "Who this box is")->callback([&] { chosen = show; });
    tell_examples(app, examples());
    return run_words(app, argc, argv, [&]() -> Result<int> {
        TRY(chosen(a));
        return 0;
    });
}
