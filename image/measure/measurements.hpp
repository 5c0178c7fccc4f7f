// The PCR values that a box will have when it boots an image, SHA-256 bank.
// Sources: TCG PC Client Platform Firmware Profile 1.06, section 3.3.4 (PCR 4); systemd 257, "TPM2 PCR Measurements
// Made by systemd" (PCR 11 and 12); both seen in a machine's own event log (see README.md).
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"
#include "boot/pe.hpp"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace holdfast::measure {

// The files as they lie on the ESP, signed: signing may pad a file and so change its hash.
struct Inputs {
    std::filesystem::path systemd_boot;
    std::filesystem::path uki;
    std::map<char, std::filesystem::path> addons;  // by slot: 'a', 'b'
    // Where they lie on the ESP; {slot} is replaced in the addons' place.
    std::string systemd_boot_place = "EFI/systemd/systemd-bootx64.efi";
    std::string uki_place = "EFI/Linux/holdfast-*-{slot}.efi";
    std::string addon_place = "EFI/Linux/holdfast-*-{slot}.efi.extra.d/slot.addon.efi";
};

// {"format": 1, "pcrs": {"4": {SLOT: HEX}, "11": {PHASE: HEX}, "12": {SLOT: HEX}},
//  "pcrs_without_secure_boot": {"4": {SLOT: HEX}}, "components": [{name, path, sha256, authenticode}]}
// Corrupt where a file is not what it should be; Bug where systemd-measure fails.
Result<nlohmann::json> measurements(const Inputs& inputs);

// A PCR as it grows (TPM 2.0 Library, part 1, "PCR Extend").
class Pcr {
public:
    Pcr& extend(const Digest& digest);
    std::string hex() const;

private:
    Digest value_{};
};

// The event that systemd-stub extends into PCR 12 for the command line of an addon. Corrupt where it is not ASCII.
Result<Digest> command_line_event(std::string_view command_line);

}  // namespace holdfast::measure
