// For tests: a node with a key of its own, which lies in memory.
#pragma once

#include "base/good.hpp"
#include "base/handle.hpp"
#include "base/openssl.hpp"
#include "feed/segment.hpp"

#include <memory>
#include <openssl/ec.h>
#include <openssl/evp.h>

namespace holdfast::feed {

using test::bad, test::good;

class TestNode {
public:
    Digest origin() const { return sha256(public_key()); }
    Feed feed(Class kind = Class::Audit) const { return {origin(), kind}; }
    EVP_PKEY* key() const { return key_.get(); }
    std::string public_key() const { return der_by(i2d_PUBKEY, key_.get()); }
    Sign sign() const {
        return [this](std::string_view message) -> Result<std::string> {
            const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
            std::string signature(128, '\0');
            std::size_t size = signature.size();
            if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
                EVP_DigestSign(context.get(), raw(signature), &size, raw(message), message.size()) != 1)
                return openssl_failed("cannot sign");
            signature.resize(size);
            return signature;
        };
    }

private:
    std::shared_ptr<EVP_PKEY> key_{EVP_EC_gen("P-256"), EVP_PKEY_free};  // copies are the same node
};

// So many records from `first` on, a second apart.
inline std::vector<Record> some_records(std::uint64_t first, std::size_t count) {
    std::vector<Record> all;
    for (std::uint64_t i = first; i < first + count; ++i)
        all.push_back({i,
                       {1'790'000'000'000 + static_cast<std::int64_t>(i) * 1000, 0},
                       "audit.event",
                       "what happened " + std::to_string(i)});
    return all;
}

}  // namespace holdfast::feed
