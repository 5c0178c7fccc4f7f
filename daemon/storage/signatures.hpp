// Who signed the PCR values of a UKI: its section .pcrsig, which systemd-stub hands to the system as
// tpm2-pcr-signature.json (systemd-measure(1), systemd-stub(7)).
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace holdfast::storage {

inline constexpr std::size_t signatures_limit = 1024UL * 1024;

using Fingerprints = std::set<std::string>;  // as tpm::pcr_key_fingerprint gives them

// Corrupt where it is no such document.
Result<Fingerprints> parse_signers(std::string_view json);

// Those of a UKI; none where it has no such section.
Result<Fingerprints> signers_of(const std::filesystem::path& uki);

}  // namespace holdfast::storage
