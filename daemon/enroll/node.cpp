#include "enroll/node.hpp"

#include "base/cbor.hpp"
#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/openssl.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "enroll/trust.hpp"
#include "identity/invitation.hpp"

namespace holdfast::enroll {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t keys_limit = 8192, line_limit = 512;
constexpr unsigned private_mode = 0600;

Json key_of(const tpm::Key& key) {
    return {{"public", cbor::binary(key.public_area)}, {"private", cbor::binary(key.private_area)}};
}

Result<tpm::Key> parse_key(const Json& all, const char* name) {
    const auto found = all.is_object() ? all.find(name) : all.end();
    if (found == all.end()) return fail(Code::Corrupt, std::string(name) + ": is missing");
    const std::string area = TRY(in(name, cbor::bytes(*found, "public", keys_limit)));
    return tpm::Key{area, TRY(in(name, cbor::bytes(*found, "private", keys_limit)))};
}

Result<BoxKeys> read_keys(const fs::path& file) {
    const std::string bytes = TRY(read_whole(file, keys_limit));
    const Json all = TRY(in(file.string(), cbor::parse(bytes, keys_limit)));
    BoxKeys keys;
    keys.attestation = TRY(in(file.string(), parse_key(all, "attestation")));
    keys.device = TRY(in(file.string(), parse_key(all, "device")));
    if (all.contains("issuing")) keys.issuing = TRY(in(file.string(), parse_key(all, "issuing")));
    return keys;
}

Result<> write_keys(const fs::path& file, const BoxKeys& keys) {
    Json all{{"attestation", key_of(keys.attestation)}, {"device", key_of(keys.device)}};
    if (keys.issuing) all["issuing"] = key_of(*keys.issuing);
    return write_whole(file, cbor::write(all), private_mode);
}

// Whose lists a box heeds: the authority that gave it its certificate, which its roots vouch for.
Result<std::string> giver(const Identity& box) {
    if (box.grant.chain.size() > 1) return box.grant.chain[1];
    return fail(Code::Corrupt,
                "this box's certificate came without that of its authority; renew it: holdfast identity renew");
}

Result<std::optional<identity::Withdrawn>> taken_back(const Identity& box, const identity::Crl& list) {
    const auto found = TRY(identity::withdrawn(list, box.grant.chain.front()));
    if (found || box.grant.issuing.empty()) return found;
    return identity::withdrawn(list, box.grant.issuing);
}

std::string standing(const std::optional<identity::Withdrawn>& found) {
    return found ? std::string(identity::text(found->how)) : "good";
}

// Appends a line with the time, and forgets the oldest ones.
Result<> note(const fs::path& file, const std::string& words, std::int64_t now) {
    constexpr std::size_t most = 64, limit = 16UL * 1024;
    auto lines = split(read_whole(file, limit).value_or(""), '\n');
    std::erase(lines, "");
    if (!lines.empty() && lines.back().ends_with(" " + words)) return {};
    lines.push_back(date(now) + " " + words);
    if (lines.size() > most) lines.erase(lines.begin(), lines.end() - most);
    return write_whole(file, join(lines, "\n") + "\n", private_mode);
}

}  // namespace

Result<BoxKeys> Node::keys() const {
    return read_keys(folder_ / "keys");
}

Result<BoxKeys> Node::keys(tpm::Tpm& tpm, bool issuing, std::string& notice) {
    const fs::path file = folder_ / "keys";
    auto kept = keys();
    if (kept) {
        // Whether the TPM still takes them.
        const auto works = tpm.certify(kept->attestation, kept->device, "");
        if (works && (kept->issuing || !issuing)) return kept;
        if (works) {
            kept->issuing = TRY(tpm.create_device_key());
            TRY(write_keys(file, *kept));
            return kept;
        }
        if (works.error().code != Code::Denied) return std::unexpected(works.error());
        notice = "the keys of before are of no use any more (" + works.error().what +
                 "); new ones were made, and the box has to be admitted again";
    } else if (kept.error().code != Code::NotFound) {
        return kept;
    }
    BoxKeys made;
    made.attestation = TRY(tpm.create_attestation_key());
    made.device = TRY(tpm.create_device_key());
    if (issuing) made.issuing = TRY(tpm.create_device_key());
    TRY(make_directories(folder_));
    fs::permissions(folder_, fs::perms::owner_all);
    TRY(write_keys(file, made));
    crash_point("node.keys");
    return made;
}

Result<std::string> Node::request(tpm::Tpm& tpm, const Wish& wish, std::string& notice) {
    auto box_keys = TRY(keys(tpm, wish.issuing, notice));
    if (!wish.issuing) box_keys.issuing.reset();
    const auto asked = TRY(ask(tpm, box_keys, wish));
    const std::string bytes = write_request(asked);
    TRY(write_whole(folder_ / "request", bytes, private_mode));
    crash_point("node.asked");
    return bytes;
}

Result<Identity> Node::import(tpm::Tpm& tpm, std::string_view answer, const std::string& authority) {
    const auto pending = read_whole(folder_ / "request", request_limit);
    if (!pending) return fail(Code::NotFound, "nothing was asked here; begin with: holdfast enroll request");
    const auto box_keys = TRY(keys());
    auto identity = TRY(take(tpm, box_keys, *pending, answer));
    if (authority.size() < fingerprint_digits || !identity.authority.starts_with(authority))
        return fail(Code::Denied, "the authority that answered has the fingerprint " + identity.authority +
                                      "; where that is the right one, give it with --authority");
    TRY(write_whole(folder_ / "admitted", *pending, private_mode));
    crash_point("node.admitted");
    TRY(write_whole(folder_ / "grant", write_grant(identity.grant), private_mode));
    crash_point("node.granted");
    drop_pending();
    return identity;
}

Result<Request> Node::admitted() const {
    const auto bytes = read_whole(folder_ / "admitted", request_limit);
    if (!bytes && bytes.error().code == Code::NotFound)
        return fail(Code::NotFound, "what this box was admitted with is not here; ask anew: holdfast identity renew");
    if (!bytes) return std::unexpected(bytes.error());
    return in("admitted", parse_request(*bytes));
}

Result<Request> Node::evidence(tpm::Tpm& tpm, const Wish& wish) const {
    auto box_keys = TRY(keys());
    box_keys.issuing.reset();
    Wish said = wish;
    said.kind = Kind::Evidence;
    return ask(tpm, box_keys, said);
}

Result<std::optional<identity::Crl>> Node::list_of(const Identity& box) const {
    const auto bytes = read_whole(folder_ / "crl", identity::crl_limit);
    if (!bytes && bytes.error().code == Code::NotFound) return std::nullopt;
    if (!bytes) return std::unexpected(bytes.error());
    const auto authority = TRY(giver(box));
    auto list = identity::read_crl(*bytes, authority);
    if (list) return *std::move(list);
    if (list.error().code == Code::Denied) return std::nullopt;
    return in((folder_ / "crl").string(), Result<std::optional<identity::Crl>>(std::unexpected(list.error())));
}

Result<Heeded> Node::heed(std::string_view bytes, std::int64_t now) const {
    const auto box = TRY(identity());
    if (!box)
        return fail(Code::NotFound, "this box has not been admitted anywhere; begin with: holdfast enroll request");
    const auto authority = TRY(giver(*box));
    Heeded heeded{.list = TRY(identity::read_crl(bytes, authority)), .box = {}};
    heeded.box = TRY(taken_back(*box, heeded.list));
    const auto number = std::to_string(heeded.list.number);
    // One that is damaged is replaced, like none.
    const auto kept = list_of(*box);
    if (kept && *kept && (*kept)->number > heeded.list.number)
        return fail(Code::Denied, "list " + number + " is older than list " + std::to_string((*kept)->number) +
                                      ", which this box heeds; fetch a new one: holdfast hub crl");
    const auto before = read_whole(folder_ / "crl", identity::crl_limit);
    if (kept && *kept && (*kept)->number == heeded.list.number) {
        if (*before == bytes) return heeded;
        return fail(Code::Denied, "this is another list " + number + " than the one that this box heeds");
    }
    TRY(note(folder_ / "heeded", number + " " + standing(heeded.box), now));
    crash_point("node.noted");
    TRY(write_whole(folder_ / "crl", bytes, private_mode));
    crash_point("node.heeded");
    heeded.news = true;
    return heeded;
}

Result<std::optional<identity::Crl>> Node::list() const {
    const auto box = TRY(identity());
    if (!box) return std::nullopt;
    return list_of(*box);
}

Result<std::optional<identity::Withdrawn>> Node::withdrawn() const {
    const auto box = TRY(identity());
    if (!box) return std::nullopt;
    const auto kept = TRY(list_of(*box));
    if (!kept) return std::nullopt;
    return taken_back(*box, *kept);
}

Result<> Node::may_serve_newcomers(const std::string& what) const {
    TRY(refuse_untrusted(root_, what));
    const auto found = TRY(withdrawn());
    if (!found) return {};
    return fail(Code::Denied, "this box is " + standing(found) + " by its authority since " + date(found->since) +
                                  ", so it gives no " + what + "; once it is free: holdfast identity report, or heed");
}

Result<std::optional<std::string>> Node::pending() const {
    auto bytes = read_whole(folder_ / "request", request_limit);
    if (!bytes && bytes.error().code == Code::NotFound) return std::nullopt;
    if (!bytes) return std::unexpected(bytes.error());
    return *std::move(bytes);
}

void Node::drop_pending() const {
    std::error_code none;
    fs::remove(folder_ / "request", none);
}

Result<std::optional<std::string>> Node::line() const {
    const auto url = read_whole(folder_ / "line", line_limit);
    if (!url && url.error().code == Code::NotFound) return std::nullopt;
    if (!url) return std::unexpected(url.error());
    return std::string(trim(*url));
}

Result<> Node::keep_line(const std::string& url) const {
    TRY(identity::forget_ticket(root_));
    crash_point("node.forgot");
    const auto kept = line();
    if (kept && *kept == url) return {};
    return write_whole(folder_ / "line", url + "\n", private_mode);
}

Result<std::optional<Identity>> Node::identity() const {
    const auto bytes = read_whole(folder_ / "grant", answer_limit);
    if (!bytes && bytes.error().code == Code::NotFound) return std::nullopt;
    if (!bytes) return std::unexpected(bytes.error());
    auto grant = TRY(in("grant", parse_grant(*bytes)));
    return std::optional(TRY(identity_of(std::move(grant))));
}

}  // namespace holdfast::enroll
