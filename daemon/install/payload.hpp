// Whether everything on the medium is what the release key signed. Nothing here writes anywhere.
#pragma once

#include "install/medium.hpp"
#include "install/report.hpp"

namespace holdfast::install {

struct Payload {
    std::filesystem::path folder;   // the medium's /holdfast
    std::filesystem::path keyring;  // the installer's own, from its signed initrd
    std::string id;                 // what the installer's signed command line says the medium is; "" for any
};

// The medium, when SHA256SUMS is signed by a key of the keyring, every file it lists has the sum it says,
// no other file lies there, and the commit itself is signed too.
// Denied for signatures; Corrupt for changed, short, unreadable, missing and unlisted files, by name.
Result<Medium> verify_payload(const Payload& payload, Report& report);

}  // namespace holdfast::install
