// A box's firmware by the registers that only firmware extends, and what is made of one that nobody has seen before.
#pragma once

#include "base/digest.hpp"
#include "tpm/tpm.hpp"

#include <optional>
#include <string_view>

namespace holdfast::enroll {

enum class FirmwarePolicy {
    Pinned,     // the one that the box had
    AllowList,  // one of a list
    Any,
};

std::string_view text(FirmwarePolicy policy);  // pinned, allow-list, any
std::optional<FirmwarePolicy> firmware_policy(std::string_view text);

// Registers 0 (the computer's own code) and 2 (the code of cards in it), as far as they are among those.
tpm::Pcrs firmware_in(const tpm::Pcrs& pcrs);
// What people know it by: SHA-256 of registers 0 and 2, one behind the other. Nothing where one is not there.
std::optional<Digest> firmware_digest(const tpm::Pcrs& pcrs);

}  // namespace holdfast::enroll
