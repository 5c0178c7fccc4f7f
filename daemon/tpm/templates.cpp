#include "tpm/templates.hpp"

#include <algorithm>
#include <array>

namespace holdfast::tpm {

namespace {

constexpr TPMA_OBJECT here = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN;

// PolicySecret(TPM_RH_ENDORSEMENT), policy A of the EK profile.
constexpr std::array<std::uint8_t, 32> endorsement_policy{
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xB3, 0xF8, 0x1A, 0x90, 0xCC, 0x8D, 0x46, 0xA5, 0xD7, 0x24,
    0xFD, 0x52, 0xD7, 0x6E, 0x06, 0x52, 0x0B, 0x64, 0xF2, 0xA1, 0xDA, 0x1B, 0x33, 0x14, 0x69, 0xAA};

constexpr TPMT_SYM_DEF_OBJECT aes128cfb{
    .algorithm = TPM2_ALG_AES, .keyBits = {.aes = 128}, .mode = {.aes = TPM2_ALG_CFB}};
constexpr TPMT_SYM_DEF_OBJECT none{.algorithm = TPM2_ALG_NULL, .keyBits = {}, .mode = {}};

TPM2B_PUBLIC p256(TPMA_OBJECT attributes, const TPMT_SYM_DEF_OBJECT& symmetric) {
    TPM2B_PUBLIC made{};
    auto& area = made.publicArea;
    area.type = TPM2_ALG_ECC;
    area.nameAlg = TPM2_ALG_SHA256;
    area.objectAttributes = attributes;
    area.parameters.eccDetail.symmetric = symmetric;
    area.parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
    area.parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
    area.parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
    return made;
}

TPM2B_PUBLIC rsa2048(TPMA_OBJECT attributes) {
    TPM2B_PUBLIC made{};
    auto& area = made.publicArea;
    area.type = TPM2_ALG_RSA;
    area.nameAlg = TPM2_ALG_SHA256;
    area.objectAttributes = attributes;
    area.parameters.rsaDetail.symmetric = aes128cfb;
    area.parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
    area.parameters.rsaDetail.keyBits = 2048;
    area.unique.rsa.size = 256;  // zeros
    return made;
}

}  // namespace

TPM2B_PUBLIC ek_template(EkType type) {
    constexpr TPMA_OBJECT attributes =
        here | TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
    TPM2B_PUBLIC made = type == EkType::Rsa2048 ? rsa2048(attributes) : p256(attributes, aes128cfb);
    if (type == EkType::EccP256) made.publicArea.unique.ecc.x.size = made.publicArea.unique.ecc.y.size = 32;  // zeros
    made.publicArea.authPolicy.size = endorsement_policy.size();
    std::ranges::copy(endorsement_policy, made.publicArea.authPolicy.buffer);
    return made;
}

TPM2B_PUBLIC storage_template() {
    TPM2B_PUBLIC made = p256(
        here | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT, aes128cfb);
    made.publicArea.unique.ecc.x.size = made.publicArea.unique.ecc.y.size = 32;  // zeros
    return made;
}

TPM2B_PUBLIC attestation_template() {
    TPM2B_PUBLIC made = p256(
        here | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT, none);
    auto& scheme = made.publicArea.parameters.eccDetail.scheme;
    scheme.scheme = TPM2_ALG_ECDSA;
    scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
    return made;
}

TPM2B_PUBLIC device_template() {
    return p256(here | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT, none);
}

}  // namespace holdfast::tpm
