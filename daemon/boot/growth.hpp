// What is free behind a partition, from /sys alone: no device is opened, so it costs a start nothing.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace holdfast::boot {

struct Growth {
    std::filesystem::path disk;  // node of the disk
    std::uint64_t free = 0;      // bytes that the partition could grow by; 0 where another one lies behind it
};

// Less than this is not worth a new partition table: repart rounds to 4 KiB, installers to 1 MiB or more.
inline constexpr std::uint64_t worth_growing = 16UL << 20U;

// `name` is the kernel's for the partition, such as "vda3". NotFound where it is none.
Result<Growth> growth_of(const std::string& name, const std::filesystem::path& sys = "/sys");

}  // namespace holdfast::boot
