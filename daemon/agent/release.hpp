// What this image is: /usr/lib/holdfast/release.json, written when the image is composed.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::agent {

enum class Stage { Production, Development };
enum class TpmNeed { Required, Optional, Late, None };  // Late: appears after boot (some Jetsons)

struct Release {
    std::string board, profile, runtime, version;
    std::vector<std::string> options;  // of the board
    Stage stage = Stage::Production;
    TpmNeed tpm = TpmNeed::Optional;
    bool secure_boot = false;  // the board's firmware can do it
    bool disk_pin = false;     // a sealed disk asks for a PIN, too

    // The ref that its successors have: holdfast/BOARD[.OPTION…]/PROFILE/RUNTIME.
    std::string reference() const;
};

// {"format":1,"board":…,"profile":…,"runtime":…,"version":…,"options":[…],"development":true,
//  "disk_pin":false,"capabilities":{"tpm":"required|optional|late|none","secure_boot":true}}
// Corrupt for anything else: every key but disk_pin is required, none is unknown, names are 1 to 64 of
// [A-Za-z0-9.+~_-], since they stand in lines that machines split at spaces; at most 16 options. At most 64 KiB.
Result<Release> parse_release(std::string_view text);
Result<Release> load_release(const std::filesystem::path& root);

}  // namespace holdfast::agent
