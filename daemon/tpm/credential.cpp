#include "tpm/credential.hpp"

#include "base/digest.hpp"
#include "base/openssl.hpp"
#include "tpm/marshal.hpp"
#include "tpm/public_key.hpp"

#include <array>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

namespace holdfast::tpm {

namespace {

using Context = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using CipherContext = Handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using Kdf = Handle<EVP_KDF, EVP_KDF_free>;
using KdfContext = Handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;
using Mac = Handle<EVP_MAC, EVP_MAC_free>;
using MacContext = Handle<EVP_MAC_CTX, EVP_MAC_CTX_free>;

constexpr std::size_t seed_size = 32;       // of the name algorithm
constexpr std::size_t symmetric_size = 16;  // AES-128
constexpr std::string_view identity("IDENTITY\0", 9);

std::string big_endian(std::uint32_t number) {
    return {static_cast<char>(number >> 24U), static_cast<char>(number >> 16U), static_cast<char>(number >> 8U),
            static_cast<char>(number)};
}

// OpenSSL wants pointers to things that live on.
OSSL_PARAM octets(const char* name, std::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}
OSSL_PARAM text(const char* name, const char* value) {
    return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(value), 0);
}

// KDFa (part 1, section 11.4.10.2): SP 800-108 in counter mode with HMAC-SHA256; the label's zero is the separator.
Result<std::string> kdfa(std::string_view key, std::string_view label, std::string_view context, std::size_t size) {
    const Kdf kdf(EVP_KDF_fetch(nullptr, "KBKDF", nullptr));
    const KdfContext derive(EVP_KDF_CTX_new(kdf.get()));
    const std::array parameters{text(OSSL_KDF_PARAM_MODE, "counter"),
                                text(OSSL_KDF_PARAM_MAC, "HMAC"),
                                text(OSSL_KDF_PARAM_DIGEST, "SHA256"),
                                octets(OSSL_KDF_PARAM_KEY, key),
                                octets(OSSL_KDF_PARAM_SALT, label),
                                octets(OSSL_KDF_PARAM_INFO, context),
                                OSSL_PARAM_construct_end()};
    std::string made(size, '\0');
    if (EVP_KDF_derive(derive.get(), raw(made), made.size(), parameters.data()) != 1) return openssl_failed("KDFa");
    return made;
}

// KDFe (part 1, section 11.4.10.3) for one digest: SP 800-56A's concatenation.
std::string kdfe(std::string_view shared_x, std::string_view party_u, std::string_view party_v) {
    const Digest made = Sha256().add(big_endian(1)).add(shared_x).add(identity).add(party_u).add(party_v).finish();
    return {made.begin(), made.end()};
}

struct Seeded {
    std::string seed, secret;  // the secret is the contents of TPM2B_ENCRYPTED_SECRET
};

Result<Seeded> seeded_by_rsa(EVP_PKEY* ek) {
    Seeded seeded{.seed = std::string(seed_size, '\0'), .secret = std::string(256, '\0')};
    if (RAND_bytes(raw(seeded.seed), seed_size) != 1) return openssl_failed("random bytes");
    const Context context(EVP_PKEY_CTX_new(ek, nullptr));
    // OpenSSL takes the label over and frees it.
    void* label = OPENSSL_memdup(identity.data(), identity.size());
    std::size_t size = seeded.secret.size();
    if (EVP_PKEY_encrypt_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()) != 1 ||
        EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), label, static_cast<int>(identity.size())) != 1 ||
        EVP_PKEY_encrypt(context.get(), raw(seeded.secret), &size, raw(std::string_view(seeded.seed)), seed_size) != 1)
        return openssl_failed("OAEP");
    seeded.secret.resize(size);
    return seeded;
}

// X and Y of a P-256 key, 32 bytes each.
Result<std::array<std::string, 2>> coordinates(EVP_PKEY* key) {
    std::array<unsigned char, 65> point{};
    std::size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point.data(), point.size(), &size) !=
            1 ||
        size != point.size())
        return openssl_failed("a P-256 key");
    const auto at = [&](std::size_t begin) {
        return std::string(point.begin() + static_cast<std::ptrdiff_t>(begin),
                           point.begin() + static_cast<std::ptrdiff_t>(begin + 32));
    };
    return std::array{at(1), at(33)};
}

Result<Seeded> seeded_by_ecc(EVP_PKEY* ek) {
    const PublicKey mine(EVP_EC_gen("P-256"));
    if (!mine) return openssl_failed("an ephemeral key");
    const Context context(EVP_PKEY_CTX_new(mine.get(), nullptr));
    std::string shared(32, '\0');
    std::size_t size = shared.size();
    if (EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), ek) != 1 ||
        EVP_PKEY_derive(context.get(), raw(shared), &size) != 1 || size != shared.size())
        return openssl_failed("ECDH");
    const auto [x, y] = TRY(coordinates(mine.get()));
    const auto theirs = TRY(coordinates(ek));
    TPMS_ECC_POINT point{};
    point.x = sized(x, &TPM2B_ECC_PARAMETER::buffer);
    point.y = sized(y, &TPM2B_ECC_PARAMETER::buffer);
    return Seeded{.seed = kdfe(shared, x, theirs.front()), .secret = marshalled(point, Tss2_MU_TPMS_ECC_POINT_Marshal)};
}

// AES-128-CFB with a vector of zeros (part 1, section 24.4).
Result<std::string> encrypted(std::string_view key, std::string_view plain) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    constexpr std::array<unsigned char, 16> zeros{};
    std::string made(plain.size(), '\0');
    int size = 0;
    if (EVP_EncryptInit_ex(context.get(), EVP_aes_128_cfb128(), nullptr, raw(key), zeros.data()) != 1 ||
        EVP_EncryptUpdate(context.get(), raw(made), &size, raw(plain), static_cast<int>(plain.size())) != 1)
        return openssl_failed("AES");
    return made;
}

Result<std::string> hmac(std::string_view key, std::string_view bytes) {
    const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    const MacContext context(EVP_MAC_CTX_new(mac.get()));
    const std::array parameters{text(OSSL_MAC_PARAM_DIGEST, "SHA256"), OSSL_PARAM_construct_end()};
    std::string made(32, '\0');
    std::size_t size = 0;
    if (EVP_MAC_init(context.get(), raw(key), key.size(), parameters.data()) != 1 ||
        EVP_MAC_update(context.get(), raw(bytes), bytes.size()) != 1 ||
        EVP_MAC_final(context.get(), raw(made), &size, made.size()) != 1)
        return openssl_failed("HMAC");
    return made;
}

}  // namespace

Result<Credential> make_credential(std::string_view ek_public, std::string_view name, std::string_view bytes) {
    if (bytes.size() > seed_size) return fail(Code::Bug, "a credential holds 32 bytes at most");
    const auto attributes_of_ek = TRY(attributes(ek_public));
    if (!attributes_of_ek.restricted || !attributes_of_ek.decrypts)
        return fail(Code::Corrupt, "an endorsement key that is none: it does not decrypt for the TPM alone");
    const auto ek = TRY(public_key(ek_public));
    const auto [seed, secret] =
        TRY(EVP_PKEY_is_a(ek.get(), "RSA") == 1 ? seeded_by_rsa(ek.get()) : seeded_by_ecc(ek.get()));
    const std::string plain = marshalled(sized(bytes, &TPM2B_DIGEST::buffer), Tss2_MU_TPM2B_DIGEST_Marshal);
    const std::string key = TRY(kdfa(seed, "STORAGE", name, symmetric_size));
    const std::string hidden = TRY(encrypted(key, plain));
    const std::string integrity_key = TRY(kdfa(seed, "INTEGRITY", "", seed_size));
    const std::string integrity = TRY(hmac(integrity_key, hidden + std::string(name)));
    const std::string inside =
        marshalled(sized(integrity, &TPM2B_DIGEST::buffer), Tss2_MU_TPM2B_DIGEST_Marshal) + hidden;
    return Credential{
        marshalled(sized(inside, &TPM2B_ID_OBJECT::credential), Tss2_MU_TPM2B_ID_OBJECT_Marshal),
        marshalled(sized(secret, &TPM2B_ENCRYPTED_SECRET::secret), Tss2_MU_TPM2B_ENCRYPTED_SECRET_Marshal)};
}

}  // namespace holdfast::tpm
