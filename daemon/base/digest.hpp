// SHA-256 (FIPS 180-4), by OpenSSL.
#pragma once

#include "base/result.hpp"

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast {

using Digest = std::array<unsigned char, 32>;

// Grows by pieces; `finish` ends it.
class Sha256 {
public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();
    Sha256& add(std::string_view bytes);
    Sha256& add(const Digest& digest);
    Digest finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

Digest sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);  // 64 lower-case digits
// The other way round; Corrupt where it is not 64 digits.
Result<Digest> digest_of(std::string_view hex);

// The hex digest of a whole file of any size, read in pieces.
Result<std::string> sha256_file(const std::filesystem::path& file);

}  // namespace holdfast
