// How /var is sealed to the computer's TPM when it is made: LUKS2, unlocked by the TPM for UKIs that the owner's key
// has signed (systemd-cryptenroll(1), "--tpm2-public-key="), and by a recovery key.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::install {

struct Sealing {
    std::filesystem::path public_key;  // PEM; signs the UKIs that may unseal
    std::string recovery_key;
};

// A fresh recovery key as systemd writes them: 256 random bits, eight groups of eight letters of "cbdefghijklnrtuv",
// which lie at the same place on most keyboards.
Result<std::string> new_recovery_key();

// Sealing with a fresh key where the image's board has a TPM (release.json) and `root` shows one, of version 2.0;
// nothing where the board may lack it and does. Denied where a board that must have one has none: what a profile calls
// sealed is not written open.
Result<std::optional<Sealing>> sealing_for(std::string_view release_json, const std::filesystem::path& root);

// What makes the partition of its definition sealed.
inline constexpr std::string_view sealed_words = "Encrypt=key-file+tpm2\n";

// Opens the partition by its recovery key, which shows that it does, and leaves the key inside, by which the box seals
// it anew. `key_file` holds it; `work` is where the file system is mounted meanwhile.
Result<> leave_recovery_key(const std::filesystem::path& partition, const std::filesystem::path& key_file,
                            const std::filesystem::path& work);

}  // namespace holdfast::install
