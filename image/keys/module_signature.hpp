// What stands at the end of a signed kernel module: the signature, a descriptor with its length, and a mark.
#pragma once

#include "base/result.hpp"

#include <string>

namespace holdfast::keys {

// A module without the signatures at its end. Corrupt where their sizes cannot be true.
Result<std::string> without_signatures(std::string module);

// What follows a PKCS#7 signature of that many bytes.
std::string signature_trailer(std::size_t length);

}  // namespace holdfast::keys
