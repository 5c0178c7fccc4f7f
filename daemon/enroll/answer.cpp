#include "enroll/answer.hpp"

#include "base/cbor.hpp"
#include "base/handle.hpp"
#include "base/openssl.hpp"
#include "tpm/credential.hpp"
#include "tpm/public_key.hpp"

#include <algorithm>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace holdfast::enroll {

namespace {

using CipherContext = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr std::uint64_t format = 1;
constexpr std::size_t key_size = 32, nonce_size = 12, tag_size = 16;

std::string_view view(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Result<std::string> random_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    if (RAND_bytes(raw(bytes), static_cast<int>(size)) != 1) return fail(Code::Bug, "no random bytes can be had");
    return bytes;
}

// The request's digest is vouched for, too: an answer fits its request and no other.
Result<std::string> seal(std::string_view key, std::string_view nonce, std::string_view bound, std::string_view plain) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    std::string sealed(plain.size() + tag_size, '\0');
    int size = 0;
    if (EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(nonce)) != 1 ||
        EVP_EncryptUpdate(context.get(), nullptr, &size, raw(bound), static_cast<int>(bound.size())) != 1 ||
        EVP_EncryptUpdate(context.get(), raw(sealed), &size, raw(plain), static_cast<int>(plain.size())) != 1 ||
        EVP_EncryptFinal_ex(context.get(), raw(sealed) + size, &size) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size, raw(sealed) + plain.size()) != 1)
        return fail(Code::Bug, "AES-GCM fails");
    return sealed;
}

Result<std::string> unseal(std::string_view key, std::string_view nonce, std::string_view bound,
                           std::string_view sealed) {
    if (key.size() != key_size || sealed.size() < tag_size)
        return fail(Code::Corrupt, "an answer that is too short, or a key of another size");
    const auto plain_size = sealed.size() - tag_size;
    std::string plain(plain_size, '\0'), tag(sealed.substr(plain_size));
    const CipherContext context(EVP_CIPHER_CTX_new());
    int size = 0;
    if (EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, raw(key), raw(nonce)) == 1 &&
        EVP_DecryptUpdate(context.get(), nullptr, &size, raw(bound), static_cast<int>(bound.size())) == 1 &&
        EVP_DecryptUpdate(context.get(), raw(plain), &size, raw(sealed), static_cast<int>(plain_size)) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, raw(tag)) == 1 &&
        EVP_DecryptFinal_ex(context.get(), raw(plain) + size, &size) == 1)
        return plain;
    return fail(Code::Denied, "the answer was changed, or is for another request");
}

}  // namespace

Result<std::string> write_answer(const Digest& request, const Grant& grant, std::string_view ek_public,
                                 std::string_view attestation_public) {
    const std::string key = TRY(random_bytes(key_size)), nonce = TRY(random_bytes(nonce_size));
    const std::string name = TRY(tpm::name_of(attestation_public));
    const auto credential = TRY(tpm::make_credential(ek_public, name, key));
    const std::string sealed = TRY(seal(key, nonce, view(request), write_grant(grant)));
    return cbor::write({{"format", format},
                        {"kind", "answer"},
                        {"request", cbor::binary(view(request))},
                        {"credential", cbor::binary(credential.blob)},
                        {"secret", cbor::binary(credential.secret)},
                        {"nonce", cbor::binary(nonce)},
                        {"sealed", cbor::binary(sealed)}});
}

Result<Sealed> parse_answer(std::string_view bytes) {
    const Json whole = TRY(in("answer", cbor::parse(bytes, answer_limit)));
    TRY(in("answer", json::only(whole, {"format", "kind", "request", "credential", "secret", "nonce", "sealed"})));
    if (TRY(json::text(whole, "kind", 16)) != "answer") return fail(Code::Corrupt, "this is no answer");
    if (const auto version = TRY(cbor::count(whole, "format")); version != format)
        return fail(Code::Corrupt, "an answer of format " + std::to_string(version) + "; this program knows format 1");
    Sealed answer;
    const std::string request = TRY(cbor::bytes(whole, "request", sizeof(Digest)));
    if (request.size() != sizeof(Digest)) return fail(Code::Corrupt, "request: must be a SHA-256");
    std::ranges::copy(request, answer.request.begin());
    answer.credential.blob = TRY(cbor::bytes(whole, "credential", 1024));
    answer.credential.secret = TRY(cbor::bytes(whole, "secret", 1024));
    answer.nonce = TRY(cbor::bytes(whole, "nonce", nonce_size));
    if (answer.nonce.size() != nonce_size) return fail(Code::Corrupt, "nonce: must be 12 bytes");
    answer.sealed = TRY(cbor::bytes(whole, "sealed", answer_limit));
    return answer;
}

Result<Grant> open_answer(const Sealed& answer, std::string_view key) {
    const std::string plain = TRY(unseal(key, answer.nonce, view(answer.request), answer.sealed));
    return in("answer", parse_grant(plain));
}

}  // namespace holdfast::enroll
