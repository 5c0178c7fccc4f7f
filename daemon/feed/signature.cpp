#include "feed/signature.hpp"

#include "base/handle.hpp"
#include "base/openssl.hpp"

#include <openssl/evp.h>

namespace holdfast::feed {

Result<> check_signature(std::string_view public_key, std::string_view message, std::string_view signature) {
    const auto* at = raw(public_key);
    const Handle<EVP_PKEY, EVP_PKEY_free> key(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key.size())));
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    if (!key || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1)
        return fail(Code::Denied, "its key cannot be used");
    if (EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(message), message.size()) != 1)
        return fail(Code::Denied, "its node has not signed this");
    return {};
}

}  // namespace holdfast::feed
