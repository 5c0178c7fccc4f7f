// Who signed an EFI program: the PKCS #7 structures in its attribute certificate table (Microsoft, "PE Format", section
// "The Attribute Certificate Table (Image Only)", and "Windows Authenticode Portable Executable Signature Format").
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::boot {

struct Certificate {
    std::string der;
    std::string subject;                        // "CN=Holdfast db", for people
    bool authority = false;                     // may issue certificates (RFC 5280, section 4.2.1.9)
    std::array<std::string, 3> signed_digests;  // SHA-256, SHA-384 and SHA-512 of TBSCertificate
};

struct ProgramSignature {
    bool vouches = false;            // it is whole, and for a program of that very hash
    std::vector<Certificate> chain;  // the signer's first, then every issuer found among the certificates at hand
};

// The PKCS #7 structures of a table; entries of other kinds are passed over. Corrupt where the entries do not fill the
// table: firmware starts no such program.
Result<std::vector<std::string_view>> parse_certificate_table(std::string_view table);

// `image` is the program's Authenticode hash; `known` are certificates (DER) that may have issued those in the
// signature, such as the firmware's own. Corrupt where it is no signature of a program, or one over another hash
// than SHA-256.
Result<ProgramSignature> read_signature(std::string_view pkcs7, const Digest& image,
                                        std::span<const std::string> known);

}  // namespace holdfast::boot
