// The installation medium: what it says about itself (medium.json) and the list of its files (SHA256SUMS).
// Both are parsed before their signature is known to be good, so both parsers expect anything.
#pragma once

#include "base/result.hpp"

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::install {

// The volume id of the ISO 9660 file system.
inline constexpr std::string_view volume_id = "HOLDFAST_INSTALL";

struct Medium {
    std::string id;    // the first 32 hex digits of the commit; the kernel command line must name the same
    std::string name;  // holdfast-BOARD-PROFILE-RUNTIME-VERSION
    std::string board, profile, runtime, version;
    std::string commit;  // 64 hex digits
    std::string ref;
    bool development = false;  // signed with development keys
};

// /holdfast/medium.json, at most 64 KiB. Corrupt where a key is missing, unknown or of the wrong kind.
Result<Medium> parse_medium(std::string_view json);

struct Sum {
    std::string sha256;          // 64 hex digits
    std::filesystem::path file;  // relative, below the folder of the list
};

// The format of sha256sum(1), at most 32 MiB. Corrupt for an absolute path, one with "..", one that stands twice,
// or an escaped one; the message names the line.
Result<std::vector<Sum>> parse_sums(std::string_view text);

inline constexpr std::size_t medium_limit = 64UL * 1024;
inline constexpr std::size_t sums_limit = 32UL * 1024 * 1024;

}  // namespace holdfast::install
