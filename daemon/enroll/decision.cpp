#include "enroll/decision.hpp"

#include "base/handle.hpp"
#include "base/little_endian.hpp"
#include "base/text.hpp"
#include "tpm/attested.hpp"
#include "tpm/public_key.hpp"

#include <algorithm>
#include <openssl/x509v3.h>
#include <ranges>
#include <span>

namespace holdfast::enroll {

namespace {

using tpm::Event;

using Certificate = Handle<X509, X509_free>;

constexpr std::uint32_t boot_application = 0x80000003, variable_configuration = 0x80000001;

// All that the checks look at, read once.
struct Case {
    const Request& request;
    const Expectations& expected;
    tpm::EventLog firmware;
    std::vector<Event> userspace;
    std::string unreadable;  // why a log is not among them
    const Reference* release = nullptr;
};

Check yes(std::string name, std::string reason) {
    return {std::move(name), Answer::Yes, std::move(reason)};
}
Check no(std::string name, std::string reason) {
    return {std::move(name), Answer::No, std::move(reason)};
}
Check ask(std::string name, std::string reason) {
    return {std::move(name), Answer::Ask, std::move(reason)};
}

std::string digits(const Digest& digest) {
    return hex(digest).substr(0, 16);
}

// ---- who asks -----------------------------------------------------------------------------------------------------

Check check_ticket(const Case& c) {
    const std::string name = "ticket";
    using Ticket = Expectations::Ticket;
    switch (c.expected.ticket) {
        case Ticket::Good:
            return yes(name, "it is valid and was made for this site and name: " + c.expected.which_ticket);
        case Ticket::Known: return yes(name, "none is needed: this box was admitted before");
        case Ticket::None: return ask(name, "the box has none, so a person has to know it");
        case Ticket::Expired:
            return no(name, "it has expired; make a new one with: holdfast hub ticket create --site " +
                                (c.request.site.empty() ? "SITE" : c.request.site));
        case Ticket::UsedUp: return no(name, "it was used as often as it may be");
        case Ticket::Revoked: return no(name, "it was revoked");
        case Ticket::OtherName: return no(name, "it was made for another site or name");
        case Ticket::Unknown: break;
    }
    return no(name, "this authority did not make it");
}

Certificate parse_certificate(std::string_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    return Certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

Check check_endorsement(const Case& c) {
    const std::string name = "endorsement key";
    const auto key = tpm::public_key(c.request.ek_public);
    const auto attributes = tpm::attributes(c.request.ek_public);
    if (!key || !attributes) return no(name, key ? attributes.error().what : key.error().what);
    if (!attributes->fixed_tpm || !attributes->restricted || !attributes->decrypts)
        return no(name, "it is not one: a TPM's endorsement key is bound to it and does nothing but decrypt");
    const Digest digest = sha256(c.request.ek_public);
    if (c.expected.known_endorsement_keys.contains(digest)) return yes(name, "it is on the list of known ones");
    if (!c.request.ek_certificate.empty()) {
        const auto certificate = parse_certificate(c.request.ek_certificate);
        if (!certificate) return no(name, "its certificate cannot be read");
        if (EVP_PKEY_eq(X509_get0_pubkey(certificate.get()), key->get()) != 1)
            return no(name, "the certificate that came with it is of another key");
        const auto chain = c.expected.manufacturers.check(certificate.get(), static_cast<std::int64_t>(c.expected.now));
        if (chain) return yes(name, "a manufacturer's root vouches for it");
        if (!c.expected.admit_unknown_endorsement_keys)
            return ask(name, "no manufacturer that is trusted here vouches for it: " + chain.error().what);
    }
    if (c.expected.admit_unknown_endorsement_keys) return yes(name, "it is new, and new ones are taken here");
    return ask(name, "nobody vouches for it: it has no certificate and is on no list: " + hex(digest));
}

Check check_attestation_key(const Case& c) {
    const std::string name = "attestation key";
    const auto attributes = tpm::attributes(c.request.attestation_public);
    if (!attributes) return no(name, attributes.error().what);
    const tpm::Attributes wanted{
        .fixed_tpm = true, .fixed_parent = true, .made_in_tpm = true, .restricted = true, .signs = true};
    if (*attributes != wanted) return no(name, "it could sign what does not come from the TPM, or leave it");
    return yes(name, "it was made in the TPM, cannot leave it, and signs only what the TPM says");
}

// A key that signs for the box, and that never leaves the TPM of the attestation key.
Check check_key(const Case& c, const std::string& name, std::string_view public_area, const tpm::Attested& word) {
    const auto attributes = tpm::attributes(public_area);
    const auto key_name = tpm::name_of(public_area);
    if (!attributes || !key_name) return no(name, attributes ? key_name.error().what : attributes.error().what);
    if (!attributes->fixed_tpm || !attributes->fixed_parent || !attributes->made_in_tpm || !attributes->signs)
        return no(name, "it could be copied out of the TPM");
    const auto& [statement, signature] = word;
    if (const auto good = tpm::check_signature(c.request.attestation_public, statement, signature); !good)
        return no(name, "the attestation key does not vouch for it: " + good.error().what);
    const auto certified = tpm::read_certification(statement);
    if (!certified) return no(name, certified.error().what);
    if (certified->name != *key_name) return no(name, "the attestation key vouches for another key");
    return yes(name, "it lies in the same TPM as the attestation key");
}

Check check_device_key(const Case& c) {
    return check_key(c, "device key", c.request.device_public, c.request.certified);
}

Check check_issuing_key(const Case& c) {
    const std::string name = "issuing key";
    if (c.request.issuing_public.empty()) return yes(name, "the box asks for no authority of its own");
    auto sound = check_key(c, name, c.request.issuing_public, c.request.issuing_certified);
    if (sound.answer != Answer::Yes || c.expected.may_issue) return sound;
    return ask(name, "the box would sign certificates of its own workloads, which nobody has allowed it yet");
}

// ---- what it says -------------------------------------------------------------------------------------------------

Check check_quote(const Case& c) {
    const std::string name = "quote";
    const auto& [statement, signature] = c.request.quote;
    if (const auto good = tpm::check_signature(c.request.attestation_public, statement, signature); !good)
        return no(name, good.error().what);
    const auto quoted = tpm::read_quote(statement);
    if (!quoted) return no(name, quoted.error().what);
    const Digest binding = binding_of(c.request);
    if (quoted->nonce != std::string_view(reinterpret_cast<const char*>(binding.data()), binding.size()))
        return no(name, "it was made for another request, or something of this one was changed");
    Sha256 all;
    std::set<unsigned> numbers;
    for (const auto& [number, value] : c.request.pcrs) {
        all.add(value);
        numbers.insert(number);
    }
    if (numbers != quoted->pcrs || numbers != std::set<unsigned>(std::begin(quoted_pcrs), std::end(quoted_pcrs)))
        return no(name, "it is of other registers than those that count");
    if (all.finish() != quoted->digest) return no(name, "the registers are not what the TPM has signed");
    return yes(name, "the TPM has signed these registers for this request");
}

// A register that nothing extended may be left out of a log.
Check check_event_log(const Case& c) {
    const std::string name = "event log";
    if (!c.unreadable.empty()) return no(name, c.unreadable);
    auto replayed = tpm::replay(c.firmware, c.userspace);
    for (const auto& [number, value] : c.request.pcrs) {
        if (replayed[number] == value) continue;
        return no(name, "it does not explain PCR " + std::to_string(number) + ": by the log it would be " +
                            digits(replayed[number]) + "…, and it is " + digits(value) + "…");
    }
    return yes(name, "it explains every register");
}

// What an event is called is not in its digest: a program's could be passed off as something else. So all else in
// PCR 4 has to be what it says, and short words, which no program is.
std::optional<std::string> disguised(const Case& c) {
    constexpr std::uint32_t separator = 4, action = 5, efi_action = 0x80000007, omitted = 0x12;
    constexpr std::size_t longest_words = 64;
    for (const auto& event : c.firmware.events) {
        if (event.pcr != 4 || event.type == boot_application) continue;
        const bool words = event.type == action || event.type == efi_action || event.type == omitted;
        const bool fits =
            event.type == separator ? event.data.size() == 4 : words && event.data.size() <= longest_words;
        if (!fits || sha256(event.data) != event.digest) return tpm::type_name(event.type);
    }
    for (const auto& event : c.userspace)
        if (event.pcr < 11) return "a word of systemd's in PCR " + std::to_string(event.pcr);
    return std::nullopt;
}

std::vector<Digest> applications(const Case& c) {
    std::vector<Digest> found;
    for (const auto& event : c.firmware.events)
        if (event.pcr == 4 && event.type == boot_application) found.push_back(event.digest);
    return found;
}

// Releases whose boot files are the same are told apart by what the box says that it runs.
const Reference* release_of(const Case& c) {
    const auto started = applications(c);
    const Reference* found = nullptr;
    for (const auto& each : c.expected.references) {
        if (started.size() < 2 || each.uki != started[1]) continue;
        if (each.commit == c.request.running.commit) return &each;
        if (!found) found = &each;
    }
    return found;
}

// systemd-stub measures command lines as UTF-16; for people the ASCII of it.
std::string plain(std::string_view utf16) {
    std::string text;
    for (const char letter : utf16)
        if (letter >= ' ' && letter < 127) text += letter;
    return text.substr(0, 256);
}

// UEFI_VARIABLE_DATA (TCG PC Client Platform Firmware Profile 1.06, section 10.2.6): its name in ASCII and its data.
std::optional<std::pair<std::string, std::string>> variable_in(const Event& event) {
    if (event.pcr != 7 || event.type != variable_configuration || sha256(event.data) != event.digest)
        return std::nullopt;
    const auto letters = number<std::uint64_t>(event.data, 16), size = number<std::uint64_t>(event.data, 24);
    constexpr std::size_t head = 32;
    if (!letters || !size || *letters > 64 || head + 2 * *letters > event.data.size() ||
        *size != event.data.size() - head - 2 * *letters)
        return std::nullopt;
    return std::pair{plain(std::string_view(event.data).substr(head, 2 * *letters)),
                     event.data.substr(head + 2 * *letters)};
}

// Firmware measures these four before anything else into PCR 7 (section 3.3.4.8); what comes later anybody could add.
constexpr const char* first_variables[] = {"SecureBoot", "PK", "KEK", "db"};
constexpr std::string_view secure_boot_on("\1", 1);

// Their data, as far as the log begins with them.
std::vector<std::string> first_data(const tpm::EventLog& log) {
    std::vector<std::string> all;
    for (const auto& event : log.events) {
        if (event.pcr != 7) continue;
        if (all.size() == std::size(first_variables)) break;
        auto variable = variable_in(event);
        if (!variable || variable->first != first_variables[all.size()]) break;
        all.push_back(std::move(variable->second));
    }
    return all;
}

// Without Secure Boot systemd-stub has the firmware load the kernel in the UKI, which measures it (image/measure).
// That Secure Boot is off is an answer of its own.
bool is_own_kernel(const Case& c, const Digest& started) {
    const auto data = first_data(c.firmware);
    return !data.empty() && data.front() != secure_boot_on && started == c.release->kernel;
}

Check check_components(const Case& c) {
    const std::string name = "boot components";
    const auto started = applications(c);
    if (const auto what = disguised(c)) return no(name, "the log has an event that is not what it says: " + *what);
    if (started.size() < 3) return no(name, "the log tells of fewer programs than boot loader, UKI and addon");
    if (!c.release) return no(name, "its UKI (" + digits(started[1]) + "…) is of no release that is known here");
    auto loaders =
        c.expected.references | std::views::filter([&](const Reference& each) { return each.loader == started[0]; });
    if (loaders.empty())
        return no(name, "its boot loader (" + digits(started[0]) + "…) is of no release that is known here");
    if (std::ranges::all_of(loaders, &Reference::revoked))
        return no(name, "its boot loader (" + digits(started[0]) + "…) is that of releases that were revoked");
    const auto addon =
        std::ranges::find_if(c.release->addons, [&](const auto& each) { return each.second == started[2]; });
    if (addon == c.release->addons.end())
        return no(name, "its addon (" + digits(started[2]) + "…) is not of the release of its UKI");
    const bool kernel = started.size() > 3 && is_own_kernel(c, started[3]);
    const std::size_t known = kernel ? 4 : 3;
    if (started.size() > known) return no(name, "it started one more program: " + digits(started[known]) + "…");
    return yes(name, std::string("boot loader, UKI and addon") + (kernel ? ", and the kernel of the UKI," : "") +
                         " are of version " + c.release->version);
}

Check check_kernel(const Case& c) {
    const std::string name = "kernel and initrd";
    const auto value = c.request.pcrs.find(11);
    if (!c.release || value == c.request.pcrs.end()) return no(name, "the release is not known");
    if (!c.release->pcr_11.contains(value->second))
        return no(name, "PCR 11 (" + digits(value->second) + "…) is none of the release's");
    const auto extensions = c.request.pcrs.find(13);
    if (extensions == c.request.pcrs.end() || extensions->second != Digest{})
        return no(name, "system extensions were loaded at the start (PCR 13)");
    return yes(name, "PCR 11 is that of version " + c.release->version);
}

Check check_command_line(const Case& c) {
    const std::string name = "command line";
    const auto value = c.request.pcrs.find(12);
    if (!c.release || value == c.request.pcrs.end()) return no(name, "the release is not known");
    for (const auto& [slot, reference] : c.release->pcr_12)
        if (reference == value->second)
            return yes(name, std::string("it is the release's own, of slot ") + slot + ", and nothing else");
    std::string words;
    for (const auto& event : c.firmware.events)
        if (event.pcr == 12) words += (words.empty() ? "" : " | ") + plain(event.data);
    return no(name, "it was started with other words than the release's: " + words);
}

Check check_secure_boot(const Case& c) {
    const std::string name = "Secure Boot";
    const auto data = first_data(c.firmware);
    for (std::size_t i = 0; i < std::size(first_variables); ++i) {
        const std::string which = first_variables[i];
        if (i >= data.size()) return no(name, "the log does not tell the firmware's " + which + " where it has to");
        if (i == 0 && data[i] != secure_boot_on) return no(name, "it is off");
        if (i > 0 && !c.expected.secure_boot_keys.contains(sha256(data[i])))
            return no(name, "the firmware's " + which + " is not the owner's");
    }
    return yes(name, "it is on, with the owner's keys");
}

Check check_firmware(const Case& c) {
    return judge_firmware(c.request.pcrs, c.request.kind, c.expected);
}

Check check_release(const Case& c) {
    const std::string name = "release";
    if (!c.release) return no(name, "what it started is of no release that is known here");
    if (c.release->revoked) return no(name, "version " + c.release->version + " was revoked");
    if (c.release->commit != c.request.running.commit)
        return no(name, "it says that it runs commit " + c.request.running.commit.substr(0, 12) + " and started " +
                            c.release->commit.substr(0, 12));
    return yes(name, "it runs version " + c.release->version);
}

}  // namespace

Answer Decision::answer() const {
    const auto says = [&](Answer answer) {
        return std::ranges::any_of(checks, [&](const Check& each) { return each.answer == answer; });
    };
    if (checks.empty() || says(Answer::No)) return Answer::No;
    return says(Answer::Ask) ? Answer::Ask : Answer::Yes;
}

namespace {

using Look = Check (*)(const Case&);

Decision look_at(const Request& request, const Expectations& expected, std::span<const Look> looks) {
    Decision decision;
    Case c{.request = request, .expected = expected, .firmware = {}, .userspace = {}, .unreadable = {}};
    const auto keep = [&](auto parsed, auto& into) {
        if (parsed)
            into = *std::move(parsed);
        else
            c.unreadable = parsed.error().what;
    };
    keep(tpm::parse_userspace_log(request.userspace_log), c.userspace);
    keep(tpm::parse_firmware_log(request.firmware_log), c.firmware);
    c.release = release_of(c);
    for (const Look look : looks) decision.checks.push_back(look(c));
    return decision;
}

}  // namespace

Decision decide(const Request& request, const Expectations& expected) {
    constexpr Look looks[] = {check_ticket,      check_endorsement,  check_attestation_key, check_device_key,
                              check_issuing_key, check_quote,        check_event_log,       check_components,
                              check_kernel,      check_command_line, check_secure_boot,     check_firmware,
                              check_release};
    return look_at(request, expected, looks);
}

Decision attest(const Request& evidence, const Expectations& expected) {
    constexpr Look looks[] = {check_quote,        check_event_log,   check_components, check_kernel,
                              check_command_line, check_secure_boot, check_firmware,   check_release};
    return look_at(evidence, expected, looks);
}

Result<> signed_by_its_key(const Request& message) {
    const auto quote =
        check_quote({.request = message, .expected = {}, .firmware = {}, .userspace = {}, .unreadable = {}});
    if (quote.answer == Answer::Yes) return {};
    return fail(Code::Denied, "its signature is not of this box's TPM over this message: " + quote.reason);
}

// Such registers change with updates: that is a question to a person, and never a closed door.
Check judge_firmware(const tpm::Pcrs& pcrs, Kind kind, const Expectations& expected) {
    const std::string name = "firmware";
    const auto here = firmware_digest(pcrs);
    const auto same = [&](const tpm::Pcrs& other) { return here && firmware_digest(other) == here; };
    const bool asks = kind == Kind::Request;
    switch (expected.firmware) {
        case FirmwarePolicy::Any: return yes(name, "any is taken here");
        case FirmwarePolicy::AllowList:
            if (std::ranges::any_of(expected.firmware_allowed, same)) return yes(name, "it is on the list");
            return ask(name,
                       std::string("it is on no list; if it is good, at the authority: holdfast hub firmware allow ") +
                           (asks ? "REQUEST" : expected.box) + " --by YOUR-NAME");
        case FirmwarePolicy::Pinned: break;
    }
    if (!expected.firmware_of_before) return yes(name, "it is the first that this box tells of, and is kept");
    if (same(*expected.firmware_of_before)) return yes(name, "it is the one that this box had");
    return ask(name, std::string("it is not the one that this box had: was it updated? If so, at the authority: ") +
                         (asks ? "holdfast hub admit REQUEST" : "holdfast hub firmware accept " + expected.box) +
                         " --by YOUR-NAME");
}

std::set<Digest> secure_boot_keys(const Request& request) {
    std::set<Digest> keys;
    const auto log = tpm::parse_firmware_log(request.firmware_log);
    if (!log) return keys;
    const auto data = first_data(*log);
    for (std::size_t i = 1; i < data.size(); ++i) keys.insert(sha256(data[i]));
    return keys;
}

std::string_view text(Answer answer) {
    switch (answer) {
        case Answer::Yes: return "yes";
        case Answer::No: return "no";
        case Answer::Ask: break;
    }
    return "ask";
}

Json as_json(const Decision& decision) {
    Json list = Json::array();
    for (const auto& check : decision.checks)
        list.push_back({{"name", check.name}, {"answer", text(check.answer)}, {"reason", check.reason}});
    return list;
}

}  // namespace holdfast::enroll
