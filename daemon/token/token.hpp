// A private key that stays on a PKCS#11 token (PKCS #11 2.40, OASIS), by p11-kit.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"
#include "token/pin.hpp"

#include <filesystem>
#include <memory>
#include <openssl/evp.h>
#include <string>

namespace holdfast::token {

struct Place {
    std::string uri;               // pkcs11:token=…;object=… (RFC 7512), with no PIN in it
    std::filesystem::path module;  // the token's library; empty: those that p11-kit knows on this computer
};

// A P-256 key pair.
class Key {
public:
    // Corrupt where the URI is none, says what is not looked at, fits more than one, or the key is of another kind.
    // NotFound where there is no such library, token or key, with what to do; Denied where the token refuses the PIN.
    static Result<Key> open(const Place& place, const Pin& pin);
    Key(Key&&) noexcept;
    Key& operator=(Key&&) noexcept;
    ~Key();

    const Place& place() const;
    // Its public half; it lives as long as this.
    EVP_PKEY* public_key() const;
    // A signature (DER) that was checked with the public half.
    Result<std::string> sign(const Digest& digest);

private:
    struct Open;
    explicit Key(std::unique_ptr<Open> open);
    std::unique_ptr<Open> open_;
};

}  // namespace holdfast::token
