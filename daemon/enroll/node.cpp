#include "enroll/node.hpp"

#include "base/cbor.hpp"
#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/openssl.hpp"
#include "base/text.hpp"
#include "base/when.hpp"
#include "identity/invitation.hpp"

namespace holdfast::enroll {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t keys_limit = 8192;
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

// Whether it is the right one: by what a person or a ticket has brought, else by who has admitted this box before.
Result<> check_authority(const std::string& answered, const std::string& named, const std::optional<Identity>& before) {
    if (named.empty() && before && before->authority == answered) return {};
    if (named.size() >= fingerprint_digits && answered.starts_with(named)) return {};
    const std::string who = "the authority that answered has the fingerprint " + answered;
    if (named.empty() && before)
        return fail(Code::Denied, who + ", and this box is of the one with " + before->authority +
                                      "; where it is to change over, name the new one with --authority");
    if (named.empty())
        return fail(Code::Denied, who +
                                      "; nobody has said yet whether that is the right one: ask a person there, and "
                                      "give it with --authority");
    if (answered.starts_with(named))
        return fail(Code::Denied, who + "; '" + named + "' is too short: give 16 digits of it or more");
    return fail(Code::Denied, who + ", which is not the one that was named, " + named +
                                  "; where it is the right one all the same, give that with --authority");
}

// An answer that was opened before is the most usual cause.
std::unexpected<Error> nothing_waits(const std::optional<Identity>& box) {
    if (!box) return fail(Code::NotFound, "nothing was asked here; begin with: holdfast enroll request");
    return fail(Code::NotFound, "nothing waits for an answer: this box is admitted already, as '" + box->id.box +
                                    "' at '" + box->id.site + "', so nothing is to be done");
}

// What did not become of a new request, and that the one of before was not touched.
Result<> handed_out(Result<> done, const std::optional<Waiting>& before) {
    if (done || !before) return done;
    return fail(done.error().code, done.error().what + "; " + described(*before) + ", still waits for its answer");
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

Result<std::string> Node::request(tpm::Tpm& tpm, const Wish& wish, std::string& notice, const HandOut& hand_out) {
    auto box_keys = TRY(keys(tpm, wish.issuing, notice));
    if (!wish.issuing) box_keys.issuing.reset();
    const auto asked = TRY(ask(tpm, box_keys, wish));
    const std::string bytes = write_request(asked);
    const auto before = waiting().value_or(std::nullopt);
    // With new keys the one of before is lost already.
    if (hand_out) TRY(handed_out(hand_out(bytes), notice.empty() ? before : std::nullopt));
    // One that a person has taken somewhere is missed there.
    if (before && !before->place.empty())
        notice += (notice.empty() ? "" : "; ") + described(*before) +
                  ", is of no use any more: only the answer to this " + "new one can be opened";
    std::error_code none;
    fs::remove(folder_ / "place", none);
    TRY(write_whole(folder_ / "request", bytes, private_mode));
    crash_point("node.asked");
    return bytes;
}

Result<> Node::note_place(const std::string& place) const {
    return write_whole(folder_ / "place", place + "\n", private_mode);
}

Result<Identity> Node::import(tpm::Tpm& tpm, std::string_view answer, const std::string& authority) {
    const auto pending = read_whole(folder_ / "request", request_limit);
    if (!pending) return nothing_waits(this->identity().value_or(std::nullopt));
    const auto box_keys = TRY(keys());
    auto identity = TRY(take(tpm, box_keys, *pending, answer));
    TRY(check_authority(identity.authority, authority, this->identity().value_or(std::nullopt)));
    TRY(write_whole(folder_ / "admitted", *pending, private_mode));
    crash_point("node.admitted");
    TRY(write_whole(folder_ / "grant", write_grant(identity.grant), private_mode));
    crash_point("node.granted");
    drop_pending();
    return identity;
}

Result<Request> Node::evidence(tpm::Tpm& tpm, const Wish& wish) const {
    auto box_keys = TRY(keys());
    box_keys.issuing.reset();
    Wish said = wish;
    said.kind = Kind::Evidence;
    return ask(tpm, box_keys, said);
}

Result<Heeded> Node::heed(std::string_view bytes, std::int64_t now) const {
    const auto box = TRY(this_box());
    const auto authority = TRY(giver(box));
    Heeded heeded{.list = TRY(identity::read_crl(bytes, authority)), .box = {}};
    heeded.box = TRY(taken_back(box, heeded.list));
    const auto number = std::to_string(heeded.list.number);
    // One that is damaged is replaced, like none.
    const auto kept = list_of(box);
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

void Node::drop_pending() const {
    std::error_code none;
    fs::remove(folder_ / "request", none);
    fs::remove(folder_ / "place", none);
}

Result<> Node::keep_line(const std::string& url) const {
    TRY(identity::forget_ticket(root_));
    crash_point("node.forgot");
    const auto kept = line();
    if (kept && *kept == url) return {};
    return write_whole(folder_ / "line", url + "\n", private_mode);
}

}  // namespace holdfast::enroll
