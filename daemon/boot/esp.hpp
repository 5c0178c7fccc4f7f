// The files of the EFI system partition that installing and updating write: the boot loader with its settings,
// and per slot one UKI (its name carries the tries) with its addon. Works on any mounted or plain directory.
#pragma once

#include "base/result.hpp"
#include "boot/architecture.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace holdfast::boot {

struct Loader {
    std::filesystem::path systemd_boot;         // systemd-bootx64.efi or its kin, signed already
    std::optional<std::filesystem::path> keys;  // folder of PK.auth, KEK.auth, db.auth; none: nothing to enrol
    const Architecture& architecture = own_architecture();
};

// EFI/BOOT/BOOTX64.EFI, EFI/systemd/systemd-bootx64.efi (or what the architecture calls them), loader/loader.conf and,
// with keys, loader/keys/auto/*.auth (systemd-boot(7): enrolled at the first boot where the firmware is in setup mode).
// NoSpace where the partition cannot take them all; then nothing was touched.
Result<> write_loader(const std::filesystem::path& esp, const Loader& loader);

struct SlotFiles {
    std::filesystem::path uki;    // signed UKI
    std::filesystem::path addon;  // signed addon with the slot's command line
    unsigned tries = 3;           // boot attempts before the other slot is preferred; 0: not before it is armed
};

// EFI/Linux/holdfast-7-a+3.efi and EFI/Linux/holdfast-7-a.efi.extra.d/slot.addon.efi (for slot 'a'), with a higher
// generation (7) than any entry there. The generation.
// Each file is written under a temporary name that no boot loader reads, synced, read back and compared, then
// renamed; the slot's older entries go last. A cut leaves the old entry, the new one, or both, each with its addon.
// NoSpace, with the bytes needed and found, where the new files do not fit beside the old ones; then nothing was
// touched.
Result<unsigned> write_slot(const std::filesystem::path& esp, char slot, const SlotFiles& files);

// Whether write_slot would find the space for files of these sizes once the slot's entries of now are gone. NoSpace
// says what is missing.
Result<> room_for_slot(const std::filesystem::path& esp, char slot, std::uint64_t uki, std::uint64_t addon);

// Takes the slot's entries and its addons away; entries first, so that none ever boots without its addon.
Result<> remove_slot(const std::filesystem::path& esp, char slot);

// Puts the slot before the other one, with new tries, and writes nothing but names and a copy of the addon.
// NotFound where the slot has no entry. The new generation.
Result<unsigned> prefer_slot(const std::filesystem::path& esp, char slot, unsigned tries);

// Gives the slot's entry that many tries. An entry written with none is armed so, by one rename. NotFound where the
// slot has no entry.
Result<> arm_slot(const std::filesystem::path& esp, char slot, unsigned tries);

// Takes the slot's remaining tries, so that the next boot ends in the other slot. NotFound where it has no entry.
Result<> give_up_slot(const std::filesystem::path& esp, char slot);

}  // namespace holdfast::boot
