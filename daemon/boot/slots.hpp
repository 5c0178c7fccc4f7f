// What is booted and what else could be, read from the running system. Nothing here writes.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast::boot {

enum class Slot { A, B };
char letter(Slot slot);                // 'a' or 'b'
Result<Slot> slot_named(char letter);  // Bug for any other
Slot other(Slot slot);

// Boot counting of one entry: tries that systemd-boot still gives it, and tries it had already.
struct Tries {
    unsigned left = 0, done = 0;
    bool operator==(const Tries&) const = default;
};

// A slot's entry on the ESP. Without `tries` it has no counter: blessed, or never counted.
// systemd-boot starts the entry with the highest `generation` that has tries left: each slot that is written gets a
// higher one than all that are there, so the order needs no EFI variable and no version.
struct Entry {
    Slot slot = Slot::A;
    unsigned generation = 0;
    std::optional<Tries> tries;
    bool operator==(const Entry&) const = default;
};

// False once systemd-boot has put the entry behind all others (no tries left).
bool bootable(const Entry& entry);

// `holdfast-7-a.efi`, `holdfast-7-a+3.efi` or `holdfast-7-a+2-1.efi`, where 7 is the generation; Corrupt for every
// other name. Grammar: Boot Loader Specification, "Boot counting". A missing -DONE is 0.
Result<Entry> parse_entry_name(std::string_view name);
// The same back: `holdfast-7-a+2-1.efi`; a DONE of 0 is left out.
std::string entry_name(const Entry& entry);

// The slot of the last `androidboot.slot_suffix=_a` on a kernel command line (what ostree reads, too).
Result<Slot> parse_command_line(std::string_view text);

// The commit of `deploy/OSNAME/deploy/CHECKSUM.SERIAL`, the target of the link root.a: 64 hex digits.
Result<std::string> parse_deployment(std::string_view target);

struct Blessed {
    bool operator==(const Blessed&) const = default;
};
struct Untold {
    std::string why;
    bool operator==(const Untold&) const = default;
};
// How the booted slot stands with the boot loader.
using Standing = std::variant<Tries, Blessed, Untold>;

// The data of the EFI variable LoaderBootCountPath: the path of the booted entry in UTF-16, as systemd-boot renamed it.
Standing parse_boot_count_path(std::string_view utf16);

// Unsupported: a firmware that has variables and none of that name (UEFI 2.10, section 3.3).
enum class SecureBoot { Enabled, Disabled, SetupMode, Unsupported, NoFirmware, Unknown };
enum class Tpm { Absent, Present, Version1, Version2 };

// All below look under `root` ("/" on a box).
Result<Slot> booted_slot(const std::filesystem::path& root);
Result<std::string> slot_commit(const std::filesystem::path& root, Slot slot);
// The slots' entries on the ESP (/efi or /boot); other files there, and empty ones, are passed over. May mount the ESP.
Result<std::vector<Entry>> entries(const std::filesystem::path& root);
// What systemd-boot said when it started us (LoaderBootCountPath). Cheap, but does not see a later blessing.
Standing standing_at_boot(const std::filesystem::path& root);
// What the entry's name on the ESP says now; standing_at_boot where the ESP cannot tell. May mount the ESP.
Standing standing_now(const std::filesystem::path& root, Slot slot);
SecureBoot secure_boot(const std::filesystem::path& root);
Tpm tpm(const std::filesystem::path& root);

std::string_view text(SecureBoot state);  // enabled, disabled, setup-mode, unsupported, no-firmware, unknown
std::string_view text(Tpm state);         // absent, present, 1.2, 2.0

}  // namespace holdfast::boot
