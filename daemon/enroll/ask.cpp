#include "enroll/ask.hpp"

#include "identity/escrow.hpp"
#include "tpm/public_key.hpp"

namespace holdfast::enroll {

namespace {

Result<> endorsement(tpm::Tpm& tpm, Request& into) {
    for (const auto type : {tpm::EkType::Rsa2048, tpm::EkType::EccP256}) {
        const auto certificate = TRY(tpm.ek_certificate(type));
        if (!certificate) continue;
        into.ek_type = type;
        into.ek_certificate = *certificate;
        break;
    }
    into.ek_public = TRY(tpm.ek_public(into.ek_type));
    return {};
}

// Both parts of a certificate's key, or it is for somebody else.
Result<> check_key(const std::string& certificate, const std::string& device_public) {
    if (TRY(is_for(certificate, device_public))) return {};
    return fail(Code::Denied, "the certificate in the answer is for another key than this box's");
}

}  // namespace

Result<Request> ask(tpm::Tpm& tpm, const BoxKeys& keys, const Wish& wish) {
    Request request{.kind = wish.kind,
                    .site = wish.site,
                    .name = wish.name,
                    .ticket = wish.ticket,
                    .time = wish.time,
                    .running = wish.running,
                    .attestation_public = keys.attestation.public_area,
                    .device_public = keys.device.public_area,
                    .firmware_log = wish.firmware_log,
                    .userspace_log = wish.userspace_log};
    TRY(endorsement(tpm, request));
    if (!wish.escrow_to.empty() && !wish.recovery_key.empty())
        request.escrow = TRY(identity::seal_secret(wish.escrow_to, wish.recovery_key, endorsement_number(request)));
    // The quote binds all of the message, this among it; so it needs no nonce of its own.
    request.certified = TRY(tpm.certify(keys.attestation, keys.device, ""));
    if (keys.issuing) {
        request.issuing_public = keys.issuing->public_area;
        request.issuing_certified = TRY(tpm.certify(keys.attestation, *keys.issuing, ""));
    }
    request.pcrs = TRY(tpm.read_pcrs(quoted_pcrs));
    const Digest binding = binding_of(request);
    request.quote =
        TRY(tpm.quote(keys.attestation, {reinterpret_cast<const char*>(binding.data()), binding.size()}, quoted_pcrs));
    return request;
}

Result<std::string> endorsement_number(tpm::Tpm& tpm) {
    Request request;
    TRY(endorsement(tpm, request));
    return endorsement_number(request);
}

Result<bool> is_for(const std::string& certificate, const std::string& public_area) {
    const auto theirs = TRY(identity::key_of(certificate));
    const auto ours = TRY(tpm::public_key(public_area));
    return EVP_PKEY_eq(theirs.get(), ours.get()) == 1;
}

Result<Identity> take(tpm::Tpm& tpm, const BoxKeys& keys, std::string_view request, std::string_view answer) {
    const auto asked = TRY(parse_request(request));
    const auto sealed = TRY(parse_answer(answer));
    if (sealed.request != sha256(request))
        return fail(Code::Denied,
                    "this is the answer to another request; import the answer to the last one, or ask anew");
    const std::string key = TRY(tpm.activate(keys.attestation, asked.ek_type, sealed.credential));
    auto grant = TRY(open_answer(sealed, key));
    TRY(check_key(grant.chain.front(), keys.device.public_area));
    if (!grant.issuing.empty()) {
        if (!keys.issuing) return fail(Code::Denied, "the answer makes an authority of this box, which asked for none");
        TRY(check_key(grant.issuing, keys.issuing->public_area));
    }
    return identity_of(std::move(grant));
}

}  // namespace holdfast::enroll
