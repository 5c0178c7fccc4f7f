// A fresh RSA key with a certificate that it signs itself, as Secure Boot wants them.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast::keys {

struct Pair {
    std::string key;          // PEM, PKCS#8, not encrypted
    std::string certificate;  // PEM, X.509
};

// RSA 2048 (the size that all UEFI firmware takes), SHA-256, valid for ten years from now.
Result<Pair> make_pair(const std::string& common_name);

// RSA 2048 without a certificate.
struct OpenPair {
    std::string key;   // PEM, PKCS#8, not encrypted
    std::string open;  // PEM, SubjectPublicKeyInfo
};
Result<OpenPair> make_open_pair();

// A certificate file, PEM or DER, at most 64 KiB. Corrupt where it is neither.
struct Certificate {
    std::string der, pem;
};
Result<Certificate> read_certificate(const std::filesystem::path& file);

// Corrupt where the private key in the PEM file `key` is not the one that `certificate` is about.
Result<> check_belongs(const std::filesystem::path& key, const Certificate& certificate);

}  // namespace holdfast::keys
