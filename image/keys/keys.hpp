// The keys that make an image ours: PK, KEK and db for UEFI Secure Boot (UEFI 2.10, section 32.3), and the
// OpenPGP release key that signs commits and installer media.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace holdfast::keys {

class Gnupg;

inline constexpr auto development_label = "development";

struct CreateOptions {
    // "development" marks these keys, and all that they sign, as not for production.
    std::string label = development_label;
};

// Makes `directory` (mode 0700) with PK, KEK and db (RSA 2048, ten years), their signed lists for enrolment in
// auth/, a key for sealed disks in pcr/, the release key (Ed25519) in gnupg/ and its public half in release.gpg.
// Denied where the directory exists already: keys are never overwritten.
Result<> create(const std::filesystem::path& directory, const CreateOptions& options);

// A key directory that was found whole and private.
class Keys {
public:
    const std::filesystem::path& directory() const { return directory_; }
    const std::string& label() const { return label_; }
    bool development() const { return label_ == development_label; }
    const std::string& fingerprint() const { return fingerprint_; }  // of the release key, 40 hex digits
    // A file, or a PKCS#11 URI (RFC 7512) where keys.json names one as "db_key".
    const std::string& db_key() const { return db_key_; }
    const std::string& pkcs11_module() const { return pkcs11_module_; }  // the token's library; "" for a file
    bool on_token() const { return db_key_.starts_with("pkcs11:"); }

    std::filesystem::path certificate(const std::string& name) const { return directory_ / (name + ".crt"); }
    // For gpg and for `ostree commit --gpg-homedir`: a link to gnupg/ with a name short enough for gpg-agent's
    // sockets. It is gone, and the agent with it, when the last copy of this object is.
    std::filesystem::path gnupg_home() const;
    std::filesystem::path keyring() const { return directory_ / "release.gpg"; }

private:
    friend Result<Keys> open(const std::filesystem::path& directory);
    Keys() = default;
    std::filesystem::path directory_;
    std::string label_, fingerprint_, db_key_, pkcs11_module_;
    std::shared_ptr<const Gnupg> gnupg_;
};

// Denied where anybody but the owner can read a key; NotFound, by name, where a part is missing; Corrupt where a part
// is broken or belongs to another key directory. Certificates that were put into db-extra/ since the last time are
// added to auth/db.auth here.
Result<Keys> open(const std::filesystem::path& directory);

// Signs an EFI program with the db key and checks the result with its certificate. `time` (seconds since the
// epoch) goes into the signature, so that the same program gets the same bytes.
Result<> sign_pe(const Keys& keys, const std::filesystem::path& program, const std::filesystem::path& into,
                 const std::string& time);

// Replaces whatever signatures the kernel module `file` (not compressed) carries by one of the db key, as the kernel
// reads it (Documentation/admin-guide/module-signing.rst). The same module gets the same bytes.
Result<> sign_module(const Keys& keys, const std::filesystem::path& file);

// An armoured detached OpenPGP signature by the release key.
Result<> sign_detached(const Keys& keys, const std::filesystem::path& file, const std::filesystem::path& into);

}  // namespace holdfast::keys
