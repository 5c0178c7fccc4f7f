#include "measure/measurements.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace holdfast::measure {

namespace {

using boot::Pe;
using nlohmann::json;

constexpr std::string_view systemd_measure = "/usr/lib/systemd/systemd-measure";

// What systemd-measure takes as --NAME=FILE. systemd-stub measures these and no others.
constexpr auto measured = std::to_array<std::string_view>(
    {"linux", "osrel", "cmdline", "initrd", "ucode", "splash", "dtb", "uname", "sbat", "pcrpkey"});
// Sections that make the values depend on the machine or on a choice in the menu.
constexpr auto refused = std::to_array<std::string_view>({".profile", ".dtbauto", ".hwids", ".efifw"});
// systemd-pcrphase's words, in the order in which a boot says them.
constexpr auto phases =
    std::to_array<std::string_view>({"enter-initrd", "enter-initrd:leave-initrd", "enter-initrd:leave-initrd:sysinit",
                                     "enter-initrd:leave-initrd:sysinit:ready"});

Result<Arguments> extract_measured(const Pe& uki, const std::filesystem::path& folder) {
    for (const auto name : refused)
        if (uki.section(name))
            return fail(Code::Corrupt, "it has a " + std::string(name) + " section, whose measurements depend on the " +
                                           "machine; build the UKI without it");
    Arguments arguments;
    for (const auto name : measured)
        if (const auto* section = uki.section("." + std::string(name)); section && section->size) {
            const auto file = folder / name;
            TRY(write_whole(file, section->contents()));
            arguments.push_back("--" + std::string(name) + "=" + file.string());
        }
    return arguments;
}

Result<json> read_calculated(const std::string& output) {
    const auto answer = json::parse(output, nullptr, false);
    json values = json::object();
    if (!answer.is_object() || !answer.contains("sha256") || !answer["sha256"].is_array())
        return fail(Code::Bug, "systemd-measure answered something else than PCR values");
    for (const auto& each : answer["sha256"])
        if (each.is_object() && each.contains("phase") && each["phase"].is_string() && each.contains("hash"))
            values[each["phase"].get<std::string>()] = each["hash"];
    if (values.size() != phases.size()) return fail(Code::Bug, "systemd-measure left phases out");
    return values;
}

Result<json> pcr_11(const Pe& uki) {
    const auto scratch = TRY(Scratch::make("measure"));
    Arguments command{std::string(systemd_measure), "calculate", "--json=short", "--bank=sha256"};
    for (const auto phase : phases) command.push_back("--phase=" + std::string(phase));
    for (auto& argument : TRY(extract_measured(uki, scratch.path()))) command.push_back(std::move(argument));
    return read_calculated(TRY(run_or_fail(command)));
}

// One file of the boot chain.
struct Component {
    std::string name, place;
    Pe pe;
    json record() const {
        return {{"name", name},
                {"path", place},
                {"sha256", sha256_hex(pe.bytes())},
                {"authenticode", hex(pe.authenticode())}};
    }
};

Result<Component> load(std::string name, std::string place, const std::filesystem::path& file) {
    return Component{std::move(name), std::move(place), TRY(Pe::load(file))};
}

std::string for_slot(std::string place, char slot) {
    constexpr std::string_view word = "{slot}";
    if (const auto at = place.find(word); at != std::string::npos) place.replace(at, word.size(), 1, slot);
    return place;
}

struct Chain {
    Component systemd_boot, uki;
    Component kernel;  // the one in the UKI's .linux
    std::map<char, Component> addons;
};

Result<Chain> load_chain(const Inputs& inputs) {
    auto systemd_boot = TRY(load("systemd-boot", inputs.systemd_boot_place, inputs.systemd_boot));
    auto uki = TRY(load("uki", inputs.uki_place, inputs.uki));
    const auto* linux_section = uki.pe.section(".linux");
    if (!linux_section) return fail(Code::Corrupt, inputs.uki.string() + ": not a UKI: it has no .linux section");
    auto kernel = TRY(in(inputs.uki.string() + ": .linux", Pe::parse(linux_section->contents())));
    Chain chain{
        std::move(systemd_boot), std::move(uki), {"kernel", inputs.uki_place + "#.linux", std::move(kernel)}, {}};
    for (const auto& [slot, file] : inputs.addons) {
        const auto name = "addon-" + std::string(1, slot);
        chain.addons.emplace(slot, TRY(load(name, for_slot(inputs.addon_place, slot), file)));
    }
    return chain;
}

enum class SecureBoot { On, Off };

std::string pcr_4(const Chain& chain, const Component& addon, SecureBoot secure_boot) {
    Pcr pcr;
    pcr.extend(sha256("Calling EFI Application from Boot Option"));  // EV_EFI_ACTION
    pcr.extend(sha256(std::string_view("\0\0\0\0", 4)));             // EV_SEPARATOR
    pcr.extend(chain.systemd_boot.pe.authenticode());
    pcr.extend(chain.uki.pe.authenticode());
    pcr.extend(addon.pe.authenticode());
    // systemd-stub loads the inner kernel through the firmware. With Secure Boot it stands in for the firmware's
    // check (the kernel alone is not signed by the owner), and the measurement is part of what it stands in for.
    if (secure_boot == SecureBoot::Off) pcr.extend(chain.kernel.pe.authenticode());
    return pcr.hex();
}

Result<std::string> pcr_12(const Component& addon) {
    const auto* command_line = addon.pe.section(".cmdline");
    if (!command_line) return fail(Code::Corrupt, addon.name + ": it has no .cmdline section");
    Pcr pcr;
    pcr.extend(TRY(in(addon.name, command_line_event(command_line->contents()))));
    return pcr.hex();
}

}  // namespace

Pcr& Pcr::extend(const Digest& digest) {
    value_ = Sha256().add(value_).add(digest).finish();
    return *this;
}

std::string Pcr::hex() const {
    return holdfast::hex(value_);
}

Result<Digest> command_line_event(std::string_view command_line) {
    // As systemd-stub takes it: up to a NUL, without white space at the ends, control characters as spaces.
    command_line = command_line.substr(0, command_line.find('\0'));
    const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
    while (!command_line.empty() && blank(command_line.front())) command_line.remove_prefix(1);
    while (!command_line.empty() && blank(command_line.back())) command_line.remove_suffix(1);
    if (command_line.empty()) return fail(Code::Corrupt, "the command line is empty, so nothing would be measured");
    std::string wide;
    for (const char c : command_line) {
        if (static_cast<unsigned char>(c) >= 0x7f) return fail(Code::Corrupt, "the command line is not ASCII");
        (wide += blank(c) ? ' ' : c) += '\0';
    }
    return sha256(wide.append(2, '\0'));
}

Result<json> measurements(const Inputs& inputs) {
    const auto chain = TRY(load_chain(inputs));
    json with = {{"4", json::object()}, {"12", json::object()}}, without = {{"4", json::object()}};
    json components = {chain.systemd_boot.record(), chain.uki.record(), chain.kernel.record()};
    for (const auto& [slot, addon] : chain.addons) {
        const std::string key(1, slot);
        with["4"][key] = pcr_4(chain, addon, SecureBoot::On);
        without["4"][key] = pcr_4(chain, addon, SecureBoot::Off);
        with["12"][key] = TRY(pcr_12(addon));
        components.push_back(addon.record());
    }
    with["11"] = TRY(in(inputs.uki.string(), pcr_11(chain.uki.pe)));
    return json{{"format", 1}, {"pcrs", with}, {"pcrs_without_secure_boot", without}, {"components", components}};
}

}  // namespace holdfast::measure
