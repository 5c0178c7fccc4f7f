// Whether everything on the medium is what the release key signed. Nothing here writes to a disk.
#pragma once

#include "install/medium.hpp"
#include "install/mount.hpp"
#include "install/report.hpp"

namespace holdfast::install {

struct Payload {
    std::filesystem::path folder;   // the medium's /holdfast
    std::filesystem::path keyring;  // the installer's own, from its signed initrd
    std::string id;                 // what the installer's signed command line says the medium is; "" for any
};

// The medium, when SHA256SUMS is signed by a key of the keyring, every file it lists has the sum it says, and no other
// file lies there.
// Denied for signatures; Corrupt for changed, short, unreadable, missing and unlisted files, by name.
Result<Medium> verify_payload(const Payload& payload, Report& report);

// The medium's system, mounted at `at`: an ostree repository whose commit a key of the keyring signed.
// For verified media only: the kernel does not get to see the inside of any other.
Result<Mount> open_system(const Payload& payload, const Medium& medium, const std::filesystem::path& at);

}  // namespace holdfast::install
