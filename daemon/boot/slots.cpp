#include "boot/slots.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "boot/copy.hpp"
#include "boot/utf16.hpp"
#include "boot/variable.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t small = 64UL * 1024;

// At most nine digits, so that no number overflows whatever the name says.
std::optional<unsigned> number(std::string_view digits) {
    unsigned value = 0;
    if (digits.empty() || digits.size() > 9) return std::nullopt;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
    if (error != std::errc() || end != digits.end()) return std::nullopt;
    return value;
}

std::optional<Tries> parse_counter(std::string_view text) {
    const auto dash = text.find('-');
    const auto left = number(text.substr(0, dash));
    const auto done = dash == text.npos ? 0U : number(text.substr(dash + 1));
    if (!left || !done) return std::nullopt;
    return Tries{*left, *done};
}

std::optional<Slot> parse_letter(std::string_view text) {
    if (text == "a") return Slot::A;
    if (text == "b") return Slot::B;
    return std::nullopt;
}

Result<std::vector<Entry>> entries_in(const fs::path& folder) {
    std::error_code error;
    std::vector<Entry> found;
    fs::directory_iterator files(folder, error);
    for (; !error && files != fs::directory_iterator(); files.increment(error))
        if (auto entry = parse_entry_name(files->path().filename().string()); entry && !is_empty_file(*files))
            found.push_back(*entry);
    if (error) return std::unexpected(system_error(error.value(), folder, "cannot list"));
    return found;
}

}  // namespace

char letter(Slot slot) {
    return slot == Slot::A ? 'a' : 'b';
}

Result<Slot> slot_named(char letter) {
    if (const auto slot = parse_letter({&letter, 1})) return *slot;
    return fail(Code::Bug, std::string("no slot is called '") + letter + "'");
}

Slot other(Slot slot) {
    return slot == Slot::A ? Slot::B : Slot::A;
}

bool bootable(const Entry& entry) {
    return !entry.tries || entry.tries->left > 0;
}

Result<Entry> parse_entry_name(std::string_view name) {
    constexpr std::string_view prefix = "holdfast-", suffix = ".efi";
    const auto refused =
        fail(Code::Corrupt, "not the name of a slot's entry: '" + std::string(name.substr(0, 64)) + "'");
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) return refused;
    if (name.size() < prefix.size() + suffix.size()) return refused;
    name.remove_prefix(prefix.size());
    name.remove_suffix(suffix.size());
    const auto dash = name.find('-');
    const auto generation = number(name.substr(0, dash));
    if (!generation || dash == name.npos) return refused;
    name.remove_prefix(dash + 1);
    const auto plus = name.find('+');
    const auto slot = parse_letter(name.substr(0, plus));
    if (!slot) return refused;
    if (plus == name.npos) return Entry{*slot, *generation, std::nullopt};
    const auto tries = parse_counter(name.substr(plus + 1));
    if (!tries) return refused;
    return Entry{*slot, *generation, tries};
}

std::string entry_name(const Entry& entry) {
    std::string name = "holdfast-" + std::to_string(entry.generation) + "-" + letter(entry.slot);
    if (entry.tries) name += "+" + std::to_string(entry.tries->left);
    if (entry.tries && entry.tries->done > 0) name += "-" + std::to_string(entry.tries->done);
    return name + ".efi";
}

Result<Slot> parse_command_line(std::string_view line) {
    constexpr std::string_view key = "androidboot.slot_suffix=_";
    std::optional<Slot> slot;
    for (const auto& word : split(trim(line), ' '))
        if (word.starts_with(key)) slot = parse_letter(std::string_view(word).substr(key.size()));
    if (!slot) return fail(Code::NotFound, "the kernel command line names no slot (androidboot.slot_suffix=_a or _b)");
    return *slot;
}

Result<std::string> parse_deployment(std::string_view target) {
    const auto name = target.substr(target.rfind('/') + 1);
    const auto commit = name.substr(0, name.find('.'));
    if (!is_sha256(commit) || commit.size() == name.size())
        return fail(Code::Corrupt, "not a deployment: '" + std::string(target.substr(0, 256)) + "'");
    return std::string(commit);
}

Standing parse_boot_count_path(std::string_view utf16) {
    const std::string file = from_utf16(utf16);
    const auto entry = parse_entry_name(std::string_view(file).substr(file.rfind('\\') + 1));
    if (!entry) return Untold{"LoaderBootCountPath: " + entry.error().what};
    if (!entry->tries) return Blessed{};
    return *entry->tries;
}

Result<Slot> booted_slot(const fs::path& root) {
    return parse_command_line(TRY(read_whole(root / "proc/cmdline", small)));
}

Result<std::string> slot_commit(const fs::path& root, Slot slot) {
    const std::string link = std::string("root.") + letter(slot);
    std::error_code error;
    for (const char* repository : {"ostree", "sysroot/ostree"}) {
        const fs::path target = fs::read_symlink(root / repository / link, error);
        if (!error) return parse_deployment(target.string());
    }
    return std::unexpected(system_error(error.value(), root / "sysroot/ostree" / link, "cannot read the link"));
}

Result<std::vector<Entry>> entries(const fs::path& root) {
    auto found = entries_in(root / "efi/EFI/Linux");
    if (found || found.error().code != Code::NotFound) return found;
    if (auto elsewhere = entries_in(root / "boot/EFI/Linux")) return elsewhere;
    return found;
}

Standing standing_at_boot(const fs::path& root) {
    const auto path = read_variable(root, "LoaderBootCountPath", vendor::loader);
    if (!path) {
        // systemd-boot sets the variable only for an entry with a counter, but always says who it is.
        if (read_variable(root, "LoaderInfo", vendor::loader)) return Blessed{};
        return Untold{"not started by systemd-boot (no EFI variable LoaderInfo)"};
    }
    return parse_boot_count_path(*path);
}

Standing standing_now(const fs::path& root, Slot slot) {
    const auto found = entries(root);
    if (!found) return standing_at_boot(root);
    // A cut may have left an older entry of this slot beside the one that counts.
    const Entry* newest = nullptr;
    for (const auto& entry : *found)
        if (entry.slot == slot && (!newest || entry.generation > newest->generation)) newest = &entry;
    if (!newest) return standing_at_boot(root);
    if (!newest->tries) return Blessed{};
    return *newest->tries;
}

SecureBoot secure_boot(const fs::path& root) {
    std::error_code error;
    if (!fs::exists(root / "sys/firmware/efi", error)) return SecureBoot::NoFirmware;
    const auto on = read_variable(root, "SecureBoot", vendor::firmware);
    const auto setup = read_variable(root, "SetupMode", vendor::firmware);
    if (!on && on.error().code == Code::NotFound && !fs::is_empty(variables_folder(root), error) && !error)
        return SecureBoot::Unsupported;
    if (!on || on->size() != 1) return SecureBoot::Unknown;
    if (on->front() == 1) return SecureBoot::Enabled;
    return setup && setup->size() == 1 && setup->front() == 1 ? SecureBoot::SetupMode : SecureBoot::Disabled;
}

Tpm tpm(const fs::path& root) {
    const fs::path device = root / "sys/class/tpm/tpm0";
    std::error_code error;
    if (!fs::exists(device, error)) return Tpm::Absent;
    const auto major = read_whole(device / "tpm_version_major", 64);
    if (!major) return Tpm::Present;
    if (trim(*major) == "2") return Tpm::Version2;
    return trim(*major) == "1" ? Tpm::Version1 : Tpm::Present;
}

std::string_view text(SecureBoot state) {
    switch (state) {
        case SecureBoot::Enabled: return "enabled";
        case SecureBoot::Disabled: return "disabled";
        case SecureBoot::SetupMode: return "setup-mode";
        case SecureBoot::Unsupported: return "unsupported";
        case SecureBoot::NoFirmware: return "no-firmware";
        case SecureBoot::Unknown: break;
    }
    return "unknown";
}

std::string_view text(Tpm state) {
    switch (state) {
        case Tpm::Absent: return "absent";
        case Tpm::Present: break;
        case Tpm::Version1: return "1.2";
        case Tpm::Version2: return "2.0";
    }
    return "present";
}

}  // namespace holdfast::boot
