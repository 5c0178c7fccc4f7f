// SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include "base/result.hpp"

#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace holdfast {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);
// Reads the file in pieces, so its size does not matter.
Result<std::string> sha256_hex_of_file(const std::filesystem::path& file);

}  // namespace holdfast
