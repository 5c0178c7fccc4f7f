// install.yaml: what an unattended installation is told. Anybody who holds the medium may have written it.
#pragma once

#include "identity/invitation.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::install {

// How a disk is connected, as `Disk::transport` has it. "virtio" is a virtual machine's, "scsi" what is none of the
// others: SAS, and most RAID controllers.
inline constexpr std::array<std::string_view, 6> transports{"nvme", "sata", "usb", "mmc", "virtio", "scsi"};

// Which disk; every key that is given must match. All empty: any disk.
struct Selector {
    std::string serial, model;  // exactly as the disk tells them
    std::string id, path;       // a name in /dev/disk/by-id, by-path, or the whole path of a device
    std::string transport;      // one of `transports`
    std::uint64_t min_size = 0, max_size = std::numeric_limits<std::uint64_t>::max();  // bytes

    // Whether it means one certain disk and no other of its make.
    bool points() const { return !(serial.empty() && id.empty() && path.empty()); }
    // Whether it names a disk. A size or a transport does not: it may be cause for a choice, but not for wiping.
    bool names() const { return points() || !model.empty(); }
};

enum class After { Poweroff, Reboot };
enum class OnRefusal { Wait, Poweroff };

struct Answers {
    Selector disk;
    bool wipe = false;
    bool reinstall = false;         // also a disk that was installed from this very medium
    std::string hostname;           // "" leaves the image's
    After after = After::Poweroff;  // a stick that stays in would only boot again
    OnRefusal on_refusal = OnRefusal::Wait;
    std::vector<std::string> authorized_keys;  // for root; development media only
    std::string pin;                           // of the sealed disk, where the image demands one; else ""
    // To an authority.
    std::optional<identity::Invitation> invitation;
};

enum class Kind { Production, Development };

// Strict: at most 64 KiB; every refusal names the file, the line and what to write instead.
Result<Answers> parse_answers(std::string_view yaml, Kind medium);

// Bytes: "20G" (powers of 1024; K, M, G and T), or a plain number.
Result<std::uint64_t> parse_size(std::string_view text);

// One label of RFC 1123: letters, digits and inner hyphens, at most 63.
bool is_hostname(std::string_view text);

inline constexpr std::size_t answers_limit = 64UL * 1024;

}  // namespace holdfast::install
