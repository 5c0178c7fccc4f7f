// The header of an encrypted partition, by libcryptsetup; only read.
#pragma once

#include "storage/token.hpp"

#include <filesystem>

namespace holdfast::storage {

struct Header {
    std::vector<Seal> seals;  // to TPMs
    unsigned others = 0;      // keys that no TPM holds, such as the recovery key
};

// NotFound where there is no such device; Corrupt where it is no LUKS2.
Result<Header> read_header(const std::filesystem::path& device);

}  // namespace holdfast::storage
