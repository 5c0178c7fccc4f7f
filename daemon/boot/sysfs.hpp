// Numbers that the kernel shows as text, one a file.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>

namespace holdfast::boot {

inline constexpr std::uint64_t sysfs_sector = 512;  // the unit of `start` and `size`, whatever the disk's own is

Result<std::uint64_t> number_in(const std::filesystem::path& file);

}  // namespace holdfast::boot
