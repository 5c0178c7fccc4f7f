// What a variable Boot#### holds: EFI_LOAD_OPTION (UEFI 2.10, section 3.1.3), as far as it starts a file on a GPT
// partition.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::boot {

// A GPT partition as a device path names it (UEFI 2.10, section 10.3.5.1).
struct Partition {
    std::string uuid;  // PARTUUID, lower-case
    std::uint32_t number = 0;
    std::uint64_t start = 0, size = 0;  // in blocks of the disk, be they of 512 or of 4096 bytes
    bool operator==(const Partition&) const = default;
};

struct LoadOption {
    bool active = true;  // firmware starts it by itself, in the order of BootOrder
    std::string label;
    std::optional<Partition> partition;  // none: it starts something else than a file on a GPT partition
    std::string file;                    // "\EFI\systemd\systemd-bootx64.efi"
    bool operator==(const LoadOption&) const = default;
};

inline constexpr std::size_t load_option_limit = 64UL * 1024;

// Corrupt where it does not fit its own lengths. Firmware may put the way to the disk in front of the partition; what
// follows the path (data for the program) is passed over.
Result<LoadOption> parse_load_option(std::string_view bytes);

// Label and file are ASCII. Bug where the partition is none.
Result<std::string> encode(const LoadOption& option);

}  // namespace holdfast::boot
