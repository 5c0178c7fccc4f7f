// Would the firmware still start an EFI program? It asks db, dbx and, where a shim left one, an SBAT level
// (UEFI 2.10, section 32.5.3.3; SBAT.md of shim). Only one with Secure Boot enabled asks; whoever calls decides what
// an answer is worth elsewhere.
#pragma once

#include "base/result.hpp"
#include "boot/pe.hpp"
#include "boot/sbat.hpp"
#include "boot/signature_list.hpp"
#include "boot/slots.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::boot {

struct Revocations {
    SecureBoot secure_boot = SecureBoot::NoFirmware;
    std::optional<SignatureDatabase> trusted;  // db; none where the firmware has no such variable
    SignatureDatabase revoked;                 // dbx
    std::vector<SbatComponent> sbat_level;     // SbatLevelRT, else SbatLevel
};

// Looks under `root` ("/" on a box); empty where there are no such variables. Corrupt where one is nonsense.
Result<Revocations> read_revocations(const std::filesystem::path& root);

struct Refusal {
    enum class Because {
        Revoked,     // dbx names its hash, its signer or one of the signer's issuers
        NotTrusted,  // db names none of them, or no signature vouches for its bytes; asked only where there is a db
        Outdated,    // older than the SBAT level; nothing but a shim looks at that
        Damaged,     // no EFI program, or its certificate table or .sbat cannot be read
    };
    Because because;
    std::string what;  // "it is signed by CN=…, which this firmware has revoked (dbx)"
};

// Nothing where it would start. What cannot be known: an issuer whose certificate is in neither the program, db nor
// dbx. A time stamp is not looked at: a certificate that is revoked from some day on counts as revoked.
std::optional<Refusal> refusal(const Revocations& revocations, const Pe& program);

struct CheckedProgram {
    std::filesystem::path file;
    std::optional<Refusal> refusal;
};

// All that may run before the kernel, of every slot: the boot loader in both places, the UKIs and their addons.
// NotFound where the ESP has no boot loader.
Result<std::vector<CheckedProgram>> check_esp(const Revocations& revocations, const std::filesystem::path& esp);

}  // namespace holdfast::boot
