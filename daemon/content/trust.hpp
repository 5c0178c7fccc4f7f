// Whose signatures count.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::content {

struct Trust {
    Trust() = default;
    Trust(std::filesystem::path ring) : keyring(std::move(ring)) {}  // NOLINT(google-explicit-constructor)
    Trust(const char* ring) : keyring(ring) {}                       // NOLINT(google-explicit-constructor)
    Trust(std::filesystem::path ring, std::vector<std::string> no_more)
        : keyring(std::move(ring)), revoked(std::move(no_more)) {}

    std::filesystem::path keyring;  // binary OpenPGP (gpg --export); keys that it holds as revoked do not count
    std::vector<std::string>
        revoked;  // fingerprints, 40 upper-case digits, that do not count whatever the keyring says
};

// The fingerprints of the keys that a keyring holds as revoked. A box remembers them: the slot it may have to go back
// to has an older keyring.
Result<std::vector<std::string>> revoked_in(const std::filesystem::path& keyring);

}  // namespace holdfast::content
