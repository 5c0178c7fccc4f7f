// SBAT: components carry a generation, and a level in the firmware says which generations are too old
// (SBAT.md of shim). Both are comma-separated lines; at most 64 KiB and 1024 lines are read.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::boot {

struct SbatComponent {
    std::string name;
    unsigned generation = 0;
    bool operator==(const SbatComponent&) const = default;
};

// The variable SbatLevel: "sbat,1,2022052400\nshim,2\ngrub,3\n", component,generation[,date].
Result<std::vector<SbatComponent>> parse_sbat_level(std::string_view text);

// The section .sbat of an EFI program: component,generation,vendor,package,version,url.
Result<std::vector<SbatComponent>> parse_sbat_section(std::string_view text);

// The first component of `image` that is older than `level` demands, in a sentence.
std::optional<std::string> outdated(const std::vector<SbatComponent>& level, const std::vector<SbatComponent>& image);

}  // namespace holdfast::boot
