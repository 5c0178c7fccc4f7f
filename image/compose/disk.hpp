// A whole disk in a file, ready to be written to eMMC, NVMe or a virtual machine: the same partitions, by the
// same definitions, as the installer makes.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast::compose {

struct DiskParts {
    std::filesystem::path tree;        // the laid out tree, for its boot files and partition definitions
    std::string architecture;          // x86-64 or arm64
    std::filesystem::path repository;  // bare or archive, with the commit
    std::filesystem::path keyring;     // the release key that the commit must be signed with
    std::string commit, reference;
    std::filesystem::path scratch;  // a folder to work in, on the same disk as `into`
};

// Writes `into` (sparse) under a temporary name and renames it when it is whole.
Result<> write_disk(const DiskParts& parts, const std::filesystem::path& into);

}  // namespace holdfast::compose
