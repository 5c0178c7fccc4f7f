#include "enroll/issuing.hpp"

namespace holdfast::enroll {

namespace {

// The step that is next for a box that has none.
Result<std::string> how_to_get_one(const Kept& kept) {
    if (!TRY(identity::load_settings(kept.root())).authority)
        return "write 'authority: true' into /etc/holdfast/identity.yaml, and then: holdfast identity renew";
    const auto waiting = TRY(kept.waiting());
    if (waiting && waiting->issuing)
        return described(*waiting) +
               ", asks for one and waits for its answer; with that: holdfast enroll import FILE, or " +
               "over the line the same again";
    return "its settings want one, which its certificate was not asked for with: holdfast identity renew asks, and a "
           "person at the authority has to say yes";
}

}  // namespace

Result<OwnAuthority> OwnAuthority::open(const std::string& tcti, const Node& node, const Identity& box) {
    if (box.grant.issuing.empty())
        return fail(Code::NotFound, "this box has no authority of its own; " + TRY(how_to_get_one(node)));
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
