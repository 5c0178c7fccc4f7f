#include "tpm/policy.hpp"

#include "base/handle.hpp"
#include "base/openssl.hpp"
#include "tpm/marshal.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>

namespace holdfast::tpm {

namespace {

using SigningKey = Handle<EVP_PKEY, EVP_PKEY_free>;
using Bio = Handle<BIO, BIO_free_all>;
using Number = Handle<BIGNUM, BN_free>;

constexpr std::size_t key_limit = 16UL * 1024;

Result<SigningKey> read(std::string_view pem) {
    if (pem.size() > key_limit) return fail(Code::Corrupt, "the key that signs PCR values is larger than 16 KiB");
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    SigningKey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
        return fail(Code::Corrupt, "the key that signs PCR values is not an RSA key in PEM");
    return key;
}

Result<Number> number(EVP_PKEY* key, const char* name) {
    BIGNUM* value = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &value) != 1) return openssl_failed("an RSA key has no numbers");
    return Number(value);
}

// As systemd loads the key into a TPM; its name depends on each of these (TPM 2.0 Library, part 1, "Names").
Result<std::string> name_of(EVP_PKEY* key) {
    TPMT_PUBLIC area{};
    area.type = TPM2_ALG_RSA;
    area.nameAlg = TPM2_ALG_SHA256;
    area.objectAttributes = TPMA_OBJECT_DECRYPT | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH;
    area.parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
    area.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
    area.parameters.rsaDetail.keyBits = static_cast<TPMI_RSA_KEY_BITS>(EVP_PKEY_get_bits(key));
    const Number n = TRY(number(key, OSSL_PKEY_PARAM_RSA_N)), e = TRY(number(key, OSSL_PKEY_PARAM_RSA_E));
    // The usual one is written out, where a TPM would write zero.
    area.parameters.rsaDetail.exponent = static_cast<UINT32>(BN_get_word(e.get()));
    const auto size = static_cast<std::size_t>(BN_num_bytes(n.get()));
    if (size > sizeof(area.unique.rsa.buffer)) return fail(Code::Corrupt, "an RSA key that is too long for a TPM");
    area.unique.rsa.size = static_cast<UINT16>(size);
    BN_bn2bin(n.get(), area.unique.rsa.buffer);
    const Digest digest = sha256(marshalled<TPMT_PUBLIC>(area, Tss2_MU_TPMT_PUBLIC_Marshal));
    return std::string("\x00\x0b", 2) + std::string(digest.begin(), digest.end());
}

std::string command(std::uint32_t code) {
    std::string bytes;
    for (unsigned shift = 32; shift != 0; shift -= 8) bytes += static_cast<char>(code >> (shift - 8));
    return bytes;
}

Digest authorized(const std::string& name) {
    // PolicyAuthorize begins anew; an empty reference is a round of its own.
    const Digest first = Sha256().add(Digest{}).add(command(TPM2_CC_PolicyAuthorize)).add(name).finish();
    return Sha256().add(first).finish();
}

Digest with_registers(const Digest& policy, const Pcrs& literal) {
    TPML_PCR_SELECTION selection{};
    selection.count = 1;
    selection.pcrSelections[0].hash = TPM2_ALG_SHA256;
    selection.pcrSelections[0].sizeofSelect = 3;
    Sha256 values;
    for (const auto& [pcr, value] : literal) {
        selection.pcrSelections[0].pcrSelect[pcr / 8] |= static_cast<BYTE>(1U << (pcr % 8));
        values.add(value);
    }
    return Sha256()
        .add(policy)
        .add(command(TPM2_CC_PolicyPCR))
        .add(marshalled<TPML_PCR_SELECTION>(selection, Tss2_MU_TPML_PCR_SELECTION_Marshal))
        .add(values.finish())
        .finish();
}

Digest with_pin(const Digest& policy) {
    return Sha256().add(policy).add(command(TPM2_CC_PolicyAuthValue)).finish();
}

}  // namespace

Result<Digest> sealing_policy(std::string_view public_key, const Pcrs& literal, Pin pin) {
    if (!literal.empty() && literal.rbegin()->first > 23) return fail(Code::Bug, "a TPM has no register beyond 23");
    const SigningKey key = TRY(read(public_key));
    Digest policy = authorized(TRY(name_of(key.get())));
    if (!literal.empty()) policy = with_registers(policy, literal);
    return pin == Pin::Yes ? with_pin(policy) : policy;
}

Result<std::string> pcr_key_fingerprint(std::string_view public_key) {
    const SigningKey key = TRY(read(public_key));
    return sha256_hex(der_by(i2d_PublicKey, key.get()));
}

}  // namespace holdfast::tpm
