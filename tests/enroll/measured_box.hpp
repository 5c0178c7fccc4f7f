// A software TPM after a measured start, and the release that started: what firmware, boot loader and systemd would
// have written and extended.
#pragma once

#include "base/json.hpp"
#include "base/little_endian.hpp"
#include "base/text.hpp"
#include "enroll/ask.hpp"
#include "enroll/decision.hpp"
#include "tpm/real_tpm.hpp"

namespace holdfast {

// The firmware's log (crypto-agile, SHA-256 alone) and what it extends.
class Measured {
public:
    Measured() {
        std::string spec("Spec ID Event03\0", 16);
        append<std::uint32_t>(spec, 0);
        spec += std::string("\0\2\0\2", 4);
        append<std::uint32_t>(spec, 1);
        append<std::uint16_t>(spec, 0xB);
        append<std::uint16_t>(spec, 32);
        spec += '\0';
        head(log, 0, 3);
        log += std::string(20, '\0');
        append(log, static_cast<std::uint32_t>(spec.size()));
        log += spec;
    }
    // An event whose digest is that of its data.
    Measured& add(unsigned pcr, std::uint32_t type, const std::string& data) {
        return add(pcr, type, data, sha256(data));
    }
    Measured& add(unsigned pcr, std::uint32_t type, const std::string& data, const Digest& digest) {
        head(log, pcr, type);
        append<std::uint32_t>(log, 1);
        append<std::uint16_t>(log, 0xB);
        log.append(digest.begin(), digest.end());
        append(log, static_cast<std::uint32_t>(data.size()));
        log += data;
        extends.emplace_back(pcr, digest);
        return *this;
    }
    Measured& variable(const std::string& name, const std::string& data) {
        return add(7, 0x80000001, variable_bytes(name, data));
    }
    // The event as bytes, for what is added to a log behind the firmware's back.
    static std::string event(unsigned pcr, std::uint32_t type, const std::string& data) {
        Measured more;
        const std::size_t begin = more.log.size();
        return more.add(pcr, type, data).log.substr(begin);
    }
    static std::string variable_bytes(const std::string& name, const std::string& data) {
        std::string bytes(16, 'g');
        append<std::uint64_t>(bytes, name.size());
        append<std::uint64_t>(bytes, data.size());
        for (const char letter : name) bytes += {letter, '\0'};
        return bytes + data;
    }
    std::string log;
    std::vector<std::pair<unsigned, Digest>> extends;

private:
    static void head(std::string& into, unsigned pcr, std::uint32_t type) {
        append<std::uint32_t>(into, pcr);
        append(into, type);
    }
};

struct Start {
    std::string secure_boot = std::string(1, '\1'), firmware = "firmware 1.0", command_line = "ostree=/ostree/root.a",
                loader = "systemd-boot", uki = "the uki", extra;
};

class MeasuredBox {
public:
    explicit MeasuredBox(const Start& start = {}, RealTpm::Certificates certificates = RealTpm::Certificates::No,
                         const std::filesystem::path& ca = {})
        : tpm(certificates, ca) {
        Measured log;
        log.add(0, 8, start.firmware).variable("SecureBoot", start.secure_boot);
        for (const auto* key : {"PK", "KEK", "db"}) log.variable(key, owners(key));
        log.add(4, 4, std::string(4, '\0'));
        for (const auto& each : {start.loader, start.uki, std::string("addon a")})
            log.add(4, 0x80000003, "path of " + each, sha256(each));
        if (!start.extra.empty()) log.add(4, 0x80000003, "path of " + start.extra, sha256(start.extra));
        log.add(11, 0xD, start.uki + " sections").add(12, 0xD, start.command_line);
        wish.firmware_log = log.log;
        for (const auto* word : {"enter-initrd", "leave-initrd", "sysinit", "ready"}) {
            wish.userspace_log += "\x1e{\"pcr\":11,\"digests\":[{\"hashAlg\":\"sha256\",\"digest\":\"" +
                                  sha256_hex(word) + "\"}],\"content\":{\"string\":\"" + word + "\"}}\n";
            log.extends.emplace_back(11, sha256(word));
        }
        for (const auto& [pcr, digest] : log.extends)
            tpm.tool({"tpm2_pcrextend", std::to_string(pcr) + ":sha256=" + hex(digest)});
        auto open = tpm.open();
        keys = {open.create_attestation_key().value(), open.create_device_key().value(), std::nullopt};
    }

    static std::string owners(const std::string& variable) { return "the owner's " + variable; }

    enroll::Request ask() const {
        auto open = tpm.open();
        return good(enroll::ask(open, keys, wish));
    }

    RealTpm tpm;
    enroll::BoxKeys keys;
    enroll::Wish wish{.site = "north",
                      .name = "ventilator-7",
                      .time = 1'790'000'000,
                      .running = {"holdfast/generic-x86-64/dev/podman", "1.0.0", std::string(64, 'c'), 'a'}};
};

// What an authority knows that has published that release, and takes any TPM.
inline enroll::Expectations expectations() {
    enroll::Reference release{.ref = "holdfast/generic-x86-64/dev/podman",
                              .version = "1.0.0",
                              .commit = std::string(64, 'c'),
                              .loader = sha256("systemd-boot"),
                              .uki = sha256("the uki"),
                              .kernel = sha256("the kernel"),
                              .addons = {{'a', sha256("addon a")}, {'b', sha256("addon b")}}};
    const auto extended = [](Digest value, const std::string& word) {
        return Sha256().add(value).add(sha256(word)).finish();
    };
    release.pcr_12['a'] = extended({}, "ostree=/ostree/root.a");
    Digest value = extended({}, "the uki sections");
    for (const auto* word : {"enter-initrd", "leave-initrd", "sysinit", "ready"}) {
        value = extended(value, word);
        release.pcr_11.insert(value);
    }
    enroll::Expectations expected{.references = {release}, .admit_unknown_endorsement_keys = true};
    for (const auto* key : {"PK", "KEK", "db"}) expected.secure_boot_keys.insert(sha256(MeasuredBox::owners(key)));
    expected.ticket = enroll::Expectations::Ticket::Good;
    expected.which_ticket = "0123456789ab";
    expected.now = 1'790'000'000;
    return expected;
}

// The same as image/measure writes it beside a release.
inline std::string measurements() {
    const auto expected = expectations();
    const auto& release = expected.references.front();
    Json phases = Json::object(), slots = Json::object();
    for (const auto& value : release.pcr_11) phases["phase " + std::to_string(phases.size())] = hex(value);
    for (const auto& [slot, value] : release.pcr_12) slots[std::string(1, slot)] = hex(value);
    Json components = Json::array();
    const auto add = [&](const std::string& name, const Digest& digest) {
        components.push_back({{"name", name}, {"authenticode", hex(digest)}});
    };
    add("systemd-boot", release.loader);
    add("uki", release.uki);
    add("kernel", release.kernel);
    for (const auto& [slot, digest] : release.addons) add(std::string("addon-") + slot, digest);
    return json::write({{"pcrs", {{"11", phases}, {"12", slots}}}, {"components", components}});
}

}  // namespace holdfast
