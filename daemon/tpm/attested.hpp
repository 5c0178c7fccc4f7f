// Statements that a TPM signed, checked without a TPM.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace holdfast::tpm {

// What a quote says (TPMS_ATTEST with TPM_ST_ATTEST_QUOTE; TPM 2.0 Library, part 2, section 10.12).
struct Quoted {
    std::string nonce;
    std::set<unsigned> pcrs;                            // of the SHA-256 bank
    Digest digest{};                                    // SHA-256 of their values, one behind the other
    std::uint64_t clock = 0, resets = 0, restarts = 0;  // milliseconds since the TPM was cleared, and its counters
    std::uint64_t firmware = 0;
};

// What a certification says: the name of the key that lies in the same TPM.
struct Certified {
    std::string nonce, name;
};

// The key's signature over the statement (P-256, ECDSA with SHA-256). Denied where it is not that, Corrupt where
// something cannot be read.
Result<> check_signature(std::string_view key_public, std::string_view statement, std::string_view signature);
// Corrupt where the statement is not of that kind, or was not made by a TPM (TPM_GENERATED_VALUE).
Result<Quoted> read_quote(std::string_view statement);
Result<Certified> read_certification(std::string_view statement);

}  // namespace holdfast::tpm
