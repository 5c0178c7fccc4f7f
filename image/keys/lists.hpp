// The signed lists of certificates that firmware enrols: PK.auth, KEK.auth, db.auth (UEFI 2.10, section 8.2.2).
#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace holdfast::keys {

// Writes auth/{PK,KEK,db}.auth of a key directory from its certificates; each is signed by the key above it.
Result<> make_lists(const std::filesystem::path& directory);

// Certificates of others that db has to trust as well, such as the vendor's of an option ROM, are the files
// db-extra/*.crt (PEM or DER). Where auth/db.auth lacks one, it is made anew; that takes KEK.key.
// Corrupt where a list does not hold our own certificate.
Result<> refresh_lists(const std::filesystem::path& directory);

}  // namespace holdfast::keys
