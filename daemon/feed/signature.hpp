// What a node has signed with its key in the TPM.
#pragma once

#include "base/result.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace holdfast::feed {

// ECDSA with SHA-256 over a message, DER (RFC 3279, section 2.2.3), by a node's key.
using Sign = std::function<Result<std::string>(std::string_view message)>;

// Denied where that key (SubjectPublicKeyInfo, DER) cannot be used, or has not signed the message.
Result<> check_signature(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace holdfast::feed
