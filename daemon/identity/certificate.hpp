// X.509 certificates of nodes and authorities (RFC 5280), with SPIFFE IDs (SPIFFE X.509-SVID 1.0).
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <openssl/evp.h>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::identity {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;

// spiffe://TRUST-DOMAIN/site/SITE/box/NAME, with /workload/NAME behind it for what runs on a box.
struct SpiffeId {
    std::string trust_domain, site, box, workload;
    std::string uri() const;
    // Corrupt where it is not of that form.
    static Result<SpiffeId> parse(std::string_view uri);
    bool operator==(const SpiffeId&) const = default;
};

// The site of an authority's own nodes, which no box is admitted to: what they say counts everywhere.
inline constexpr std::string_view authority_site = "authority";

struct Validity {
    std::int64_t from = 0, until = 0;  // seconds since the epoch
};

// A label: letters, digits and hyphens, 63 at most (RFC 1123, section 2.1). What sites, boxes and workloads are called.
inline constexpr std::size_t label_limit = 63;
bool is_label(std::string_view text);
// Labels with dots between. Its authority's common name has a word more, and takes 64 letters in all (RFC 5280,
// appendix A.1, ub-common-name). Corrupt where it is no trust domain.
inline constexpr std::size_t trust_domain_limit = 54;
Result<> check_trust_domain(std::string_view text);

// A P-256 key.
Result<Key> make_key();
Result<> write_key(const Key& key, const std::filesystem::path& file);  // PKCS#8, PEM, mode 0600
Result<std::string> private_pem(const Key& key);                        // the same text
std::string private_der(const Key& key);                                // PKCS#8, DER
Result<Key> read_key(const std::filesystem::path& file);
// ECDSA with SHA-256 over a message, DER (RFC 3279, section 2.2.3).
Result<std::string> sign(EVP_PKEY* key, std::string_view message);
Result<Key> read_public_key(const std::filesystem::path& file);  // SubjectPublicKeyInfo, PEM

// What a certificate says.
struct Facts {
    std::string uri;  // its one URI name, or ""
    Validity validity;
    std::string serial;       // hex
    std::string fingerprint;  // SHA-256 of its subject public key (SPKI), hex
};
Result<Facts> facts_of(std::string_view certificate);

// Whose it is, for people: "CN=…,O=…" (RFC 2253).
Result<std::string> subject_of(std::string_view certificate);

// The box that an authority on a box is of; Corrupt for any other certificate.
Result<SpiffeId> box_of_authority(std::string_view certificate);

// Its public key.
Result<Key> key_of(std::string_view certificate);

// `leaf` by the intermediates up to one of the roots, at that time (0: whatever the time), with a SPIFFE ID that all of
// them may give. Denied, with the reason.
Result<> check_chain(std::string_view leaf, const std::vector<std::string>& intermediates,
                     const std::vector<std::string>& roots, std::int64_t at);

std::string pem_of(std::string_view certificate);
std::string pem_of(const std::vector<std::string>& chain);  // one behind the other
// Every certificate of a PEM file, as DER; Corrupt where there is none.
Result<std::vector<std::string>> certificates_in(std::string_view pem);

}  // namespace holdfast::identity
