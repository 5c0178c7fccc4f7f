// A node whose key lies in memory, for benchmarks.
#pragma once

#include "base/openssl.hpp"
#include "feed/segment.hpp"
#include "identity/certificate.hpp"
#include "tpm/real_tpm.hpp"

#include <memory>

namespace holdfast::bench {

class Node {
public:
    Digest origin() const { return sha256(der_by(i2d_PUBKEY, key_.get())); }
    feed::Feed feed(feed::Class kind) const { return {origin(), kind}; }
    EVP_PKEY* key() const { return key_.get(); }
    feed::Sign sign() const {
        return [key = key_](std::string_view message) { return identity::sign(key.get(), message); };
    }

private:
    std::shared_ptr<EVP_PKEY> key_ = holdfast::good(identity::make_key());
};

}  // namespace holdfast::bench
