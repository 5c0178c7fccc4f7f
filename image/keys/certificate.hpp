// A fresh RSA key with a certificate that it signs itself, as Secure Boot wants them.
#pragma once

#include "base/result.hpp"

#include <string>

namespace holdfast::keys {

struct Pair {
    std::string key;          // PEM, PKCS#8, not encrypted
    std::string certificate;  // PEM, X.509
};

// RSA 2048 (the size that all UEFI firmware takes), SHA-256, valid for ten years from now.
Result<Pair> make_pair(const std::string& common_name);

}  // namespace holdfast::keys
