// Making certificates: of authorities, boxes and workloads.
#pragma once

#include "base/digest.hpp"
#include "identity/certificate.hpp"

#include <functional>
#include <string>
#include <vector>

namespace holdfast::identity {

// Signs the SHA-256 digest of a certificate with a P-256 key; the signature is DER.
using Signer = std::function<Result<std::string>(const Digest& digest)>;

// An authority with its key at hand, or in a TPM. Certificates are DER.
struct Issuer {
    std::string certificate;
    EVP_PKEY* key = nullptr;
    Signer signer;  // where there is no `key`
};

// An authority that nobody vouches for, of a trust domain. With a signer, `key` is the public half alone.
Result<std::string> make_root(EVP_PKEY* key, const std::string& trust_domain, Validity validity,
                              const Signer& signer = {});
// One that signs certificates of boxes and of authorities on boxes, for its trust domain alone.
Result<std::string> make_intermediate(const Issuer& root, EVP_PKEY* subject, const std::string& trust_domain,
                                      Validity validity);
// One on a box: signs certificates of that box's workloads and nothing else. That it keeps to its own path no
// certificate can say for SPIFFE IDs (RFC 5280, section 4.2.1.10, constrains the host of a URI alone); it says so by
// the subjects that it may give, and check_chain holds its SPIFFE IDs to that.
Result<std::string> make_box_authority(const Issuer& intermediate, EVP_PKEY* subject, const SpiffeId& box,
                                       Validity validity);
// For a server of the authority's own, by these host names and addresses.
Result<std::string> make_server(const Issuer& intermediate, EVP_PKEY* subject, const std::vector<std::string>& names,
                                Validity validity);
// For a key that opens secrets and does nothing else (escrow.hpp).
Result<std::string> make_escrow(const Issuer& intermediate, EVP_PKEY* subject, const std::string& trust_domain,
                                Validity validity);
// For the public key of a box or a workload: signs, and proves who it is to both sides of TLS.
Result<std::string> make_leaf(const Issuer& intermediate, EVP_PKEY* subject, const SpiffeId& id, Validity validity);

}  // namespace holdfast::identity
