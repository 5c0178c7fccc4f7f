#include "tpm/public_key.hpp"

#include "base/digest.hpp"
#include "tpm/marshal.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

namespace holdfast::tpm {

namespace {

using Context = Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using Builder = Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Parameters = Handle<OSSL_PARAM, OSSL_PARAM_free>;
using Number = Handle<BIGNUM, BN_free>;

constexpr std::uint32_t usual_exponent = 65537;  // what an exponent of zero means

Result<PublicKey> made_of(const char* type, OSSL_PARAM_BLD* builder) {
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
    const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1)
        return fail(Code::Corrupt, "a TPM's public key is none: not a point of its curve, or no RSA number");
    return PublicKey(key);
}

Result<PublicKey> rsa(const TPMT_PUBLIC& area) {
    const auto& modulus = area.unique.rsa;
    if (area.parameters.rsaDetail.keyBits != 2048 || modulus.size != 256)
        return fail(Code::Corrupt, "a TPM's RSA key is not one of 2048 bits");
    const std::uint32_t exponent = area.parameters.rsaDetail.exponent;
    const Number n(BN_bin2bn(modulus.buffer, modulus.size, nullptr));
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_uint32(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent ? exponent : usual_exponent);
    return made_of("RSA", builder.get());
}

Result<PublicKey> ecc(const TPMT_PUBLIC& area) {
    const auto& [x, y] = area.unique.ecc;
    if (area.parameters.eccDetail.curveID != TPM2_ECC_NIST_P256 || x.size > 32 || y.size > 32)
        return fail(Code::Corrupt, "a TPM's elliptic key is not one of P-256");
    // Uncompressed (SEC 1, section 2.3.3). A TPM may leave leading zeros out.
    std::string point(65, '\0');
    point.front() = 4;
    std::copy_n(x.buffer, x.size, point.begin() + 33 - x.size);
    std::copy_n(y.buffer, y.size, point.begin() + 65 - y.size);
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    return made_of("EC", builder.get());
}

}  // namespace

Result<TPM2B_PUBLIC> parse_public(std::string_view public_area) {
    auto parsed = TRY(unmarshalled<TPM2B_PUBLIC>(public_area, "a TPM's public area", Tss2_MU_TPM2B_PUBLIC_Unmarshal));
    if (parsed.publicArea.nameAlg != TPM2_ALG_SHA256) return fail(Code::Corrupt, "a TPM's key is not named by SHA-256");
    return parsed;
}

Result<PublicKey> public_key(std::string_view public_area) {
    const auto parsed = TRY(parse_public(public_area));
    switch (parsed.publicArea.type) {
        case TPM2_ALG_RSA: return rsa(parsed.publicArea);
        case TPM2_ALG_ECC: return ecc(parsed.publicArea);
        default: return fail(Code::Corrupt, "a TPM's key is neither RSA nor elliptic");
    }
}

Result<Attributes> attributes(std::string_view public_area) {
    const TPMA_OBJECT bits = TRY(parse_public(public_area)).publicArea.objectAttributes;
    return Attributes{.fixed_tpm = (bits & TPMA_OBJECT_FIXEDTPM) != 0,
                      .fixed_parent = (bits & TPMA_OBJECT_FIXEDPARENT) != 0,
                      .made_in_tpm = (bits & TPMA_OBJECT_SENSITIVEDATAORIGIN) != 0,
                      .restricted = (bits & TPMA_OBJECT_RESTRICTED) != 0,
                      .signs = (bits & TPMA_OBJECT_SIGN_ENCRYPT) != 0,
                      .decrypts = (bits & TPMA_OBJECT_DECRYPT) != 0};
}

Result<std::string> name_of(std::string_view public_area) {
    TRY(parse_public(public_area));
    // TPM2B_PUBLIC is the size and the area; the name is of the area.
    const Digest digest = sha256(public_area.substr(2));
    std::string name{0x00, TPM2_ALG_SHA256};
    return name.append(digest.begin(), digest.end());
}

}  // namespace holdfast::tpm
