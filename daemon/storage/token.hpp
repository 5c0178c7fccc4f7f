// What a LUKS2 header says of a key that lies in a TPM: systemd's token "systemd-tpm2", as systemd-cryptenroll(1) and
// systemd-repart(8) write it (systemd 257, src/shared/tpm2-util.c, tpm2_make_luks2_json()).
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::storage {

inline constexpr std::size_t token_limit = 64UL * 1024;

struct Seal {
    std::vector<unsigned> pcrs;         // whose values of when it was sealed count
    std::vector<unsigned> signed_pcrs;  // whose values count where `public_key` has signed them
    std::string public_key;             // PEM; "": nobody signs
    Digest policy{};                    // of the TPM, over all of these
    bool pin = false;
};

// Corrupt where it is no such token.
Result<Seal> parse_token(std::string_view json);

}  // namespace holdfast::storage
