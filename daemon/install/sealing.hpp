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
    bool wants_pin = false;  // the image demands one
    std::string pin;         // "": none, or not known yet
};

// A fresh recovery key as systemd writes them: 256 random bits, eight groups of eight letters of "cbdefghijklnrtuv",
// which lie at the same place on most keyboards.
Result<std::string> new_recovery_key();

// Sealing with a fresh key where the image's board has a TPM (release.json) and `root` shows one, of version 2.0;
// nothing where the board may lack it and does. Denied where a board that must have one has none: what a profile calls
// sealed is not written open, and what asks for a PIN neither.
Result<std::optional<Sealing>> sealing_for(std::string_view release_json, const std::filesystem::path& root);

// Whether an unattended installation is told what its image wants; Denied where `pin`, of install.yaml, is missing or
// too much. Before anything is written.
Result<> check_pin_answer(std::string_view release_json, std::string_view pin);

// What makes the partition of its definition sealed. systemd-repart 257 knows no PIN, so a disk that has one gets its
// TPM's key in a second step.
inline constexpr std::string_view sealed_words = "Encrypt=key-file+tpm2\n", sealed_by_key_words = "Encrypt=key-file\n";

// That second step, by systemd-cryptenroll. `key_file` holds the recovery key.
Result<> seal_to_pin(const Sealing& sealing, const std::filesystem::path& partition,
                     const std::filesystem::path& key_file);

// Opens the partition by its recovery key, which shows that it does, and leaves the key and the PIN inside, by which
// the box seals it anew. `work` is where the file system is mounted meanwhile.
Result<> leave_keys(const Sealing& sealing, const std::filesystem::path& partition,
                    const std::filesystem::path& key_file, const std::filesystem::path& work);

}  // namespace holdfast::install
