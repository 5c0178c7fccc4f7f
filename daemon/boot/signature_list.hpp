// The content of the EFI variables db and dbx: a row of EFI_SIGNATURE_LIST (UEFI 2.10, section 32.4.1).
#pragma once

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::boot {

// A certificate named by the hash of its signed part, TBSCertificate; the length tells SHA-256, SHA-384 and SHA-512.
struct RevokedCertificate {
    std::string digest;
    std::string since;  // "2023-05-09"; empty: always. Whoever has no trusted time stamp before it is refused.
    bool operator==(const RevokedCertificate&) const = default;
};

struct SignatureDatabase {
    std::vector<Digest> images;                      // EFI_CERT_SHA256_GUID: Authenticode hashes
    std::vector<std::string> certificates;           // EFI_CERT_X509_GUID: whole, in DER
    std::vector<RevokedCertificate> revoked;         // EFI_CERT_X509_SHA256_GUID, _SHA384_, _SHA512_
    std::map<std::string, std::size_t> passed_over;  // entries of other kinds, by the name of the kind or its GUID
};

inline constexpr std::size_t signature_database_limit = mebibyte;

// Corrupt where a list does not fit its own sizes; the sentence says which.
Result<SignatureDatabase> parse_signature_database(std::string_view bytes);

}  // namespace holdfast::boot
