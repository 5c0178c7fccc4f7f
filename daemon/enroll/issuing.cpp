#include "enroll/issuing.hpp"

namespace holdfast::enroll {

Result<OwnAuthority> OwnAuthority::open(const std::string& tcti, const Node& node, const Identity& box) {
    if (box.grant.issuing.empty())
        return fail(
            Code::NotFound,
            "this box has no authority of its own; write 'authority: true' into /etc/holdfast/identity.yaml, and "
            "then: holdfast identity renew");
    auto keys = TRY(node.keys());
    if (!keys.issuing)
        return fail(Code::NotFound, "the key of this box's own authority is gone; renew: holdfast identity renew");
    // New keys are there before the certificate for them.
    if (!TRY(is_for(box.grant.issuing, keys.issuing->public_area)))
        return fail(Code::NotFound,
                    "the certificate of this box's own authority is for a key that is gone; renew: holdfast identity "
                    "renew");
    return OwnAuthority(TRY(tpm::Tpm::open(tcti)), *std::move(keys.issuing), box.grant);
}

Result<identity::Svid> OwnAuthority::give(EVP_PKEY* subject, const std::string& workload, std::int64_t now,
                                          std::int64_t seconds) {
    const identity::Issuer own{.certificate = certificate_,
                               .signer = [this](const Digest& digest) { return tpm_.sign(key_, digest); }};
    return identity::give(own, above_, subject, workload, now, seconds);
}

}  // namespace holdfast::enroll
