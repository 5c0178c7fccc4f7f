#include "identity/escrow.hpp"

#include "base/openssl.hpp"
#include "identity/x509.hpp"

#include <openssl/hpke.h>

namespace holdfast::identity {

namespace {

using Context = Handle<OSSL_HPKE_CTX, OSSL_HPKE_CTX_free>;

constexpr OSSL_HPKE_SUITE suite{OSSL_HPKE_KEM_ID_P256, OSSL_HPKE_KDF_ID_HKDF_SHA256, OSSL_HPKE_AEAD_ID_AES_GCM_256};
constexpr std::string_view purpose = "holdfast escrow 1";
constexpr std::size_t point_size = 65;  // an uncompressed point of P-256

Context context(int role) {
    return Context(OSSL_HPKE_CTX_new(OSSL_HPKE_MODE_BASE, suite, role, nullptr, nullptr));
}

// The point of a key for escrow. Whoever takes another certificate for one would tell the secret to its holder.
Result<std::string> point_of(std::string_view certificate) {
    const auto parsed = TRY(parse(certificate));
    if (X509_get_key_usage(parsed.get()) != KU_KEY_AGREEMENT)
        return fail(Code::Corrupt, "this certificate is not of a key for escrow");
    std::string point(point_size, '\0');
    std::size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(X509_get0_pubkey(parsed.get()), "encoded-pub-key", raw(point), point.size(),
                                        &size) == 1 &&
        size == point_size)
        return point;
    ERR_clear_error();
    return fail(Code::Corrupt, "the key for escrow is not one of P-256");
}

}  // namespace

Result<std::string> seal_secret(std::string_view to, std::string_view secret, std::string_view bound) {
    const std::string point = TRY(point_of(to));
    const Context sender = context(OSSL_HPKE_ROLE_SENDER);
    std::string sealed(point_size + secret.size() + 16, '\0');
    std::size_t encapsulated = point_size, size = sealed.size() - point_size;
    if (!sender ||
        OSSL_HPKE_encap(sender.get(), raw(sealed), &encapsulated, raw(std::string_view(point)), point.size(),
                        raw(purpose), purpose.size()) != 1 ||
        OSSL_HPKE_seal(sender.get(), raw(sealed) + encapsulated, &size, raw(bound), bound.size(), raw(secret),
                       secret.size()) != 1)
        return openssl_failed("HPKE");
    sealed.resize(encapsulated + size);
    return sealed;
}

Result<std::string> open_secret(EVP_PKEY* key, std::string_view sealed, std::string_view bound) {
    const auto refuse = [] {
        ERR_clear_error();
        return fail(Code::Denied, "the secret is for another key, was changed, or belongs to something else");
    };
    if (sealed.size() <= point_size || sealed.size() > escrow_limit) return refuse();
    const Context receiver = context(OSSL_HPKE_ROLE_RECEIVER);
    std::string secret(sealed.size(), '\0');
    std::size_t size = secret.size();
    if (!receiver || OSSL_HPKE_decap(receiver.get(), raw(sealed), point_size, key, raw(purpose), purpose.size()) != 1 ||
        OSSL_HPKE_open(receiver.get(), raw(secret), &size, raw(bound), bound.size(), raw(sealed.substr(point_size)),
                       sealed.size() - point_size) != 1)
        return refuse();
    secret.resize(size);
    return secret;
}

}  // namespace holdfast::identity
