// X.509 certificates of nodes and authorities (RFC 5280), with SPIFFE IDs (SPIFFE X.509-SVID 1.0).
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <openssl/evp.h>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::identity {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;

// spiffe://TRUST-DOMAIN/site/SITE/box/NAME
struct SpiffeId {
    std::string trust_domain, site, box;
    std::string uri() const;
    // Corrupt where it is not of that form.
    static Result<SpiffeId> parse(std::string_view uri);
    bool operator==(const SpiffeId&) const = default;
};

struct Validity {
    std::int64_t from = 0, until = 0;  // seconds since the epoch
};

// An authority with its key at hand. Certificates are DER.
struct Issuer {
    std::string certificate;
    EVP_PKEY* key = nullptr;
};

// A P-256 key.
Result<Key> make_key();
Result<> write_key(const Key& key, const std::filesystem::path& file);  // PKCS#8, PEM, mode 0600
Result<Key> read_key(const std::filesystem::path& file);

// An authority that nobody vouches for, of a trust domain.
Result<std::string> make_root(EVP_PKEY* key, const std::string& trust_domain, Validity validity);
// One that signs certificates of boxes (no further authorities), for its trust domain alone.
Result<std::string> make_intermediate(const Issuer& root, EVP_PKEY* subject, const std::string& trust_domain,
                                      Validity validity);
// For the public key of a box: signs, and proves who it is to both sides of TLS.
Result<std::string> make_leaf(const Issuer& intermediate, EVP_PKEY* subject, const SpiffeId& id, Validity validity);

// What a certificate says.
struct Facts {
    std::string uri;  // its one URI name, or ""
    Validity validity;
    std::string serial;       // hex
    std::string fingerprint;  // SHA-256 of its subject public key (SPKI), hex
};
Result<Facts> facts_of(std::string_view certificate);

// Its public key.
Result<Key> key_of(std::string_view certificate);

// `leaf` by the intermediates up to one of the roots, at that time (0: whatever the time). Denied, with the reason.
Result<> check_chain(std::string_view leaf, const std::vector<std::string>& intermediates,
                     const std::vector<std::string>& roots, std::int64_t at);

std::string pem_of(std::string_view certificate);
// Every certificate of a PEM file, as DER; Corrupt where there is none.
Result<std::vector<std::string>> certificates_in(std::string_view pem);

}  // namespace holdfast::identity
