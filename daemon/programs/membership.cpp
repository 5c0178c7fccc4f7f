#include "programs/membership.hpp"

#include "agent/release.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "boot/slots.hpp"
#include "enroll/member.hpp"
#include "identity/settings.hpp"
#include "storage/recovery_key.hpp"
#include "tpm/event_log.hpp"

#include <cstdio>
#include <ctime>

namespace holdfast {

namespace {

namespace fs = std::filesystem;

fs::path recovery_key_file(const fs::path& root) {
    return root / "var" / storage::recovery_key_in_var;
}

Result<std::string> recovery_key_of(const fs::path& root) {
    auto key = read_whole(recovery_key_file(root), 256);
    if (key) return std::string(trim(*key));
    return fail(key.error().code, "this box has no recovery key to leave with anybody: " + key.error().what);
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

// The file to write, by its whole path: in a folder where that was given. A request of before is replaced; nothing else
// is.
Result<fs::path> file_for(const Asking& asking) {
    const std::string usual = asking.name + ".request";
    fs::path out = asking.out.empty() ? fs::path(usual) : asking.out;
    std::error_code none;
    if (fs::is_directory(out, none)) out /= usual;
    out = fs::absolute(out, none).lexically_normal();
    if (!fs::exists(out, none)) return out;
    if (fs::is_regular_file(out, none))
        if (const auto before = read_whole(out, enroll::request_limit); before && enroll::parse_request(*before))
            return out;
    return fail(
        Code::Denied,
        out.string() + " is there already, and is no request; nothing was written: name another file with --out");
}

}  // namespace

Result<enroll::Wish> wish_of(const Asking& asking) {
    // Upper-case letters of a host name are none in a certificate's.
    if (!identity::is_label(asking.name))
        return fail(Code::Corrupt,
                    "'" + asking.name + "' cannot be a box's name; give one with --name: letters, digits, hyphens");
    enroll::Wish wish{.site = asking.site,
                      .name = asking.name,
                      .ticket = asking.ticket,
                      .time = static_cast<std::uint64_t>(std::time(nullptr)),
                      .issuing = asking.issuing,
                      .running = running(asking.root),
                      .firmware_log = log_in(asking.root / "sys/kernel/security/tpm0/binary_bios_measurements"),
                      .userspace_log = log_in(asking.root / "run/log/systemd/tpm2-measure.log"),
                      .escrow_to = asking.escrow_to,
                      .recovery_key = {}};
    if (!asking.escrow_to.empty()) wish.recovery_key = TRY(recovery_key_of(asking.root));
    return wish;
}

bool has_recovery_key(const fs::path& root) {
    return fs::exists(recovery_key_file(root));
}

Result<std::string> make_request(tpm::Tpm& tpm, const Asking& asking, const enroll::Node::HandOut& hand_out) {
    const auto wish = TRY(wish_of(asking));
    std::string notice;
    auto bytes = TRY(enroll::Node(asking.root).request(tpm, wish, notice, hand_out));
    if (!notice.empty()) std::fprintf(stderr, "note: %s\n", notice.c_str());
    return bytes;
}

Result<> ask_authority(const Asking& asking) {
    const fs::path out = TRY(file_for(asking));
    auto tpm = TRY(tpm::Tpm::open(asking.tcti));
    const auto bytes =
        TRY(make_request(tpm, asking, [&](std::string_view request) { return write_whole(out, request); }));
    TRY(enroll::Node(asking.root).note_place(out.string()));
    if (asking.json)
        std::puts(json::write({{"file", out.string()}, {"bytes", bytes.size()}, {"name", asking.name}}).c_str());
    else
        std::printf("%s (%zu bytes)\nnext: carry it to the authority, and there: holdfast hub admit %s\n", out.c_str(),
                    bytes.size(), out.filename().c_str());
    return {};
}

void show_reply(const enroll::Reply& reply) {
    if (!reply.notice.empty()) std::fprintf(stderr, "note: %s\n", reply.notice.c_str());
    for (const auto& reason : reply.reasons) std::fprintf(stderr, "%s\n", reason.c_str());
}

Result<enroll::Identity> this_box(const fs::path& root) {
    return enroll::Kept(root).this_box();
}

namespace {

const char* words_for_workloads(const enroll::Member& member, bool issuing) {
    if (!issuing) return "get none: this box has no authority of its own";
    if (member.standing == "good") return "get certificates here";
    return "get none now; what they have goes on to its end";
}

std::string loud(std::string words) {
    for (char& letter : words)
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    return words;
}

// What is told of time where nothing is wrong with the box itself.
std::string standing_of(const enroll::Member& member) {
    return member.standing == "good" ? member.term : member.standing;
}

Json in_json(const enroll::Identity& identity, const enroll::Member& member, const enroll::Kept& kept,
             const std::optional<identity::Crl>& list, const std::optional<identity::Withdrawn>& withdrawn) {
    const auto endorsement = kept.endorsement().value_or(std::nullopt);
    return {{"id", identity.id.uri()},
            {"site", identity.id.site},
            {"name", identity.id.box},
            {"serial", identity.certificate.serial},
            {"from", identity.certificate.validity.from},
            {"until", identity.certificate.validity.until},
            {"standing", standing_of(member)},
            {"reason", member.reason},
            {"term", member.term},
            {"issuing", !identity.grant.issuing.empty()},
            {"box", withdrawn ? std::string(identity::text(withdrawn->how)) : "good"},
            {"since", withdrawn ? Json(withdrawn->since) : Json()},
            {"list", list ? Json(list->number) : Json()},
            {"endorsement", endorsement ? Json(*endorsement) : Json()},
            {"authority", identity.authority}};
}

}  // namespace

Result<> show_identity(const enroll::Identity& identity, const fs::path& root, bool json) {
    // A site's settings that cannot be read are told, and not passed over.
    TRY(identity::load_settings(root));
    const enroll::Kept kept(root);
    const auto list = TRY(kept.list_of(identity));
    const auto withdrawn = TRY(kept.withdrawn(identity));
    const auto member = enroll::member(root, std::time(nullptr));
    if (json) {
        std::puts(json::write(in_json(identity, member, kept, list, withdrawn)).c_str());
        return {};
    }
    std::printf("identity    %s\ncertificate %s\nworkloads   %s\nauthority   %s\n", identity.id.uri().c_str(),
                member.term_words.c_str(), words_for_workloads(member, !identity.grant.issuing.empty()),
                identity.authority.c_str());
    if (const auto number = kept.endorsement().value_or(std::nullopt)) std::printf("endorsement %s\n", number->c_str());
    if (list)
        std::printf("list        %llu of %s\n", static_cast<unsigned long long>(list->number),
                    date(list->validity.from).c_str());
    if (const auto waiting = kept.waiting().value_or(std::nullopt))
        std::printf("waiting     %s\n", described(*waiting).c_str());
    if (member.standing != "good") std::printf("%s  %s\n", loud(member.standing).c_str(), member.reason.c_str());
    if (member.term != "good") std::fprintf(stderr, "note: renew it with: holdfast identity renew\n");
    return {};
}

}  // namespace holdfast
