#include "tpm/attested.hpp"

#include "base/openssl.hpp"
#include "tpm/marshal.hpp"
#include "tpm/public_key.hpp"

#include <algorithm>
#include <openssl/ecdsa.h>

namespace holdfast::tpm {

namespace {

using MessageDigest = Handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaSignature = Handle<ECDSA_SIG, ECDSA_SIG_free>;

Result<TPMS_ATTEST> parse(std::string_view statement, TPM2_ST kind) {
    auto parsed = TRY(unmarshalled<TPMS_ATTEST>(statement, "a TPM's statement", Tss2_MU_TPMS_ATTEST_Unmarshal));
    // Only a TPM puts this in front of what a restricted key signs.
    if (parsed.magic != TPM2_GENERATED_VALUE) return fail(Code::Corrupt, "a statement that no TPM made");
    if (parsed.type != kind) return fail(Code::Corrupt, "a TPM's statement of another kind than asked for");
    return parsed;
}

Result<std::set<unsigned>> selected(const TPML_PCR_SELECTION& selection) {
    std::set<unsigned> numbers;
    if (selection.count != 1 || selection.pcrSelections[0].hash != TPM2_ALG_SHA256)
        return fail(Code::Corrupt, "a quote that is not of the SHA-256 bank alone");
    const auto& bank = selection.pcrSelections[0];
    for (unsigned i = 0; i < bank.sizeofSelect * 8U; ++i)
        if (bank.pcrSelect[i / 8] & (1U << (i % 8))) numbers.insert(i);
    return numbers;
}

}  // namespace

Result<std::string> ecdsa_der(const TPMT_SIGNATURE& signature) {
    if (signature.sigAlg != TPM2_ALG_ECDSA || signature.signature.ecdsa.hash != TPM2_ALG_SHA256)
        return fail(Code::Denied, "a signature that is not ECDSA with SHA-256");
    const auto& [hash, r, s] = signature.signature.ecdsa;
    const EcdsaSignature made(ECDSA_SIG_new());
    ECDSA_SIG_set0(made.get(), BN_bin2bn(r.buffer, r.size, nullptr), BN_bin2bn(s.buffer, s.size, nullptr));
    return der_by(i2d_ECDSA_SIG, made.get());
}

Result<> check_signature(std::string_view key_public, std::string_view statement, std::string_view signature) {
    const auto key = TRY(public_key(key_public));
    const auto parsed =
        TRY(unmarshalled<TPMT_SIGNATURE>(signature, "a TPM's signature", Tss2_MU_TPMT_SIGNATURE_Unmarshal));
    const std::string der = TRY(ecdsa_der(parsed));
    const MessageDigest context(EVP_MD_CTX_new());
    const auto* bytes = reinterpret_cast<const unsigned char*>(statement.data());
    if (EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(der.data()), der.size(), bytes,
                         statement.size()) == 1)
        return {};
    return fail(Code::Denied, "a signature that its key did not make");
}

Result<Quoted> read_quote(std::string_view statement) {
    const auto parsed = TRY(parse(statement, TPM2_ST_ATTEST_QUOTE));
    const auto& quote = parsed.attested.quote;
    if (quote.pcrDigest.size != std::tuple_size_v<Digest>)
        return fail(Code::Corrupt, "a quote whose digest is not SHA-256");
    Quoted quoted{.nonce = bytes_of(parsed.extraData.size, parsed.extraData.buffer),
                  .pcrs = TRY(selected(quote.pcrSelect)),
                  .clock = parsed.clockInfo.clock,
                  .resets = parsed.clockInfo.resetCount,
                  .restarts = parsed.clockInfo.restartCount,
                  .firmware = parsed.firmwareVersion};
    std::copy_n(quote.pcrDigest.buffer, quoted.digest.size(), quoted.digest.begin());
    return quoted;
}

Result<Certified> read_certification(std::string_view statement) {
    const auto parsed = TRY(parse(statement, TPM2_ST_ATTEST_CERTIFY));
    const auto& name = parsed.attested.certify.name;
    return Certified{.nonce = bytes_of(parsed.extraData.size, parsed.extraData.buffer),
                     .name = bytes_of(name.size, name.name)};
}

}  // namespace holdfast::tpm
