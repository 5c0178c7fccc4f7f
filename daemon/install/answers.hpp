// install.yaml: what an unattended installation is told. Anybody who holds the medium may have written it.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::install {

// Which disk; every key that is given must match. All empty: any disk.
struct Selector {
    std::string serial, model;   // exactly as the disk tells them
    std::string id, path;        // a name in /dev/disk/by-id, by-path, or the whole path of a device
    std::uint64_t min_size = 0;  // bytes

    // Whether it names a disk. A size does not: it may be cause for a choice, but not for wiping.
    bool names() const { return !(serial.empty() && model.empty() && id.empty() && path.empty()); }
};

enum class After { Poweroff, Reboot };
enum class OnRefusal { Wait, Poweroff };

struct Answers {
    Selector disk;
    bool wipe = false;
    std::string hostname;           // "" leaves the image's
    After after = After::Poweroff;  // a stick that stays in would only boot again
    OnRefusal on_refusal = OnRefusal::Wait;
    std::vector<std::string> authorized_keys;  // for root; development media only
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
