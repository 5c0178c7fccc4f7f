// Where a box's recovery key is left: with its authority, which alone can open it.
#pragma once

#include "enroll/report.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::enroll {

// The certificate (DER) that recovery keys are sealed to, out of what `holdfast hub escrow` wrote. Denied where it does
// not lead to the root with that fingerprint (16 digits or more of the SHA-256 of its public key): it would be told to
// somebody else. Corrupt where it is no such file.
Result<std::string> escrow_certificate(std::string_view pem, const std::string& authority);

// The same over a line; nothing where that authority keeps none. Offline where nobody is there.
Result<std::optional<std::string>> fetch_escrow(http::Client& client, const Line& line);

}  // namespace holdfast::enroll
