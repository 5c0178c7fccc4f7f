// What the firmware starts by itself is our boot loader, whatever it forgot and whoever changed it. There is firmware
// that drops the boot entries of an ESP that it could not read once (rauc/rauc#1566, #1701), and firmware that only
// ever looks for EFI/BOOT/BOOTX64.EFI.
#pragma once

#include "base/result.hpp"
#include "boot/load_option.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::boot {

struct Restored {
    std::string entry;                 // "Boot0003", which starts us
    std::vector<std::string> repairs;  // what was wrong and is right now, a sentence each; empty: nothing was written
};

// Makes sure that
// - systemd-boot lies on the ESP in both places (loader.hpp),
// - no EFI variable LoaderEntryDefault or LoaderEntryOneShot goes over boot counting's head,
// - one Boot#### named "Holdfast" starts it from the partition `esp`, and stands first in BootOrder (section 3.1).
// Reads all, writes only what is wrong: the firmware's memory wears out. Looks under `root` ("/" on a box), whose ESP
// is mounted at efi. One that fails does not keep the others from being done; the Error then tells of all.
// Never beside something that writes the boot loader: which of two is the newer one cannot be seen.
// NotFound where the firmware has no variables, NoSpace where its memory is full, Denied where it is read-only.
Result<Restored> restore_boot_entry(const std::filesystem::path& root, const Partition& esp);

}  // namespace holdfast::boot
