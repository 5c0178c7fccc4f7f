// Opening the disk at the start: by the TPM alone, or by a PIN that a person types.
#pragma once

#include "storage/storage.hpp"

#include <functional>

namespace holdfast::storage {

struct Opening {
    // What somebody typed, however long that took.
    std::function<Result<std::string>(const std::string& prompt)> ask;
    // Opens it by the TPM; "": without a PIN.
    std::function<Result<>(const std::string& pin)> attach;
};

// Asks for no PIN where it can be seen that the TPM would not take it: a box that was tampered with does not ask.
// Denied then, after three wrong ones, and while the TPM takes none; why_locked() tells which.
Result<> unlock(const Places& places, const Opening& how);

// By systemd-ask-password(1) and systemd-cryptsetup(8). While it asks, nothing of the start that waits for /var is
// given up.
Opening by_systemd(const Places& places);

}  // namespace holdfast::storage
