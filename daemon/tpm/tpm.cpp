#include "tpm/tpm.hpp"

#include "tpm/esys.hpp"
#include "tpm/marshal.hpp"
#include "tpm/templates.hpp"

#include <algorithm>

namespace holdfast::tpm {

namespace {

// Where manufacturers put the certificates (EK Credential Profile 2.5, section 2.2.1.4).
constexpr TPM2_HANDLE rsa_certificate = 0x01C00002, ecc_certificate = 0x01C0000A;
constexpr std::size_t certificate_limit = 8192;
constexpr std::size_t nonce_limit = 64;

const TPM2B_SENSITIVE_CREATE no_secret{};
const TPM2B_DATA no_data{};
const TPML_PCR_SELECTION no_pcrs{};

Result<std::uint32_t> property(ESYS_CONTEXT* esys, std::uint32_t name) {
    TPMS_CAPABILITY_DATA* got = nullptr;
    TPMI_YES_NO more = 0;
    TRY(checked("TPM property", Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                                   TPM2_CAP_TPM_PROPERTIES, name, 1, &more, &got)));
    const Owned<TPMS_CAPABILITY_DATA> owned(got);
    const auto& list = got->data.tpmProperties;
    if (list.count == 1 && list.tpmProperty[0].property == name) return list.tpmProperty[0].value;
    return fail(Code::NotFound, "the TPM does not tell its property " + std::to_string(name));
}

std::string letters(std::uint32_t word) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8)
        if (const char letter = static_cast<char>(word >> static_cast<unsigned>(shift)); letter > ' ' && letter < 127)
            text += letter;
    return text;
}

Result<TPML_PCR_SELECTION> selection_of(std::span<const unsigned> numbers) {
    TPML_PCR_SELECTION selection{};
    selection.count = 1;
    auto& bank = selection.pcrSelections[0];
    bank.hash = TPM2_ALG_SHA256;
    bank.sizeofSelect = 3;
    for (const unsigned number : numbers) {
        if (number >= 24) return fail(Code::Bug, "there is no PCR " + std::to_string(number));
        bank.pcrSelect[number / 8] |= static_cast<BYTE>(1U << (number % 8));
    }
    return selection;
}

Result<TPM2B_DATA> nonce_of(std::string_view nonce) {
    if (nonce.size() > nonce_limit) return fail(Code::Bug, "a nonce has 64 bytes at most");
    return sized(nonce, &TPM2B_DATA::buffer);
}

Attested attested(const TPM2B_ATTEST& statement, const TPMT_SIGNATURE& signature) {
    return {bytes_of(statement.size, statement.attestationData), marshalled(signature, Tss2_MU_TPMT_SIGNATURE_Marshal)};
}

constexpr TPMT_SIG_SCHEME scheme_of_the_key{.scheme = TPM2_ALG_NULL, .details = {}};

}  // namespace

struct Tpm::State {
    Esys esys;

    Result<Object> primary(ESYS_TR hierarchy, const TPM2B_PUBLIC& made_from, Owned<TPM2B_PUBLIC>* area = nullptr) {
        ESYS_TR handle = ESYS_TR_NONE;
        TPM2B_PUBLIC* out = nullptr;
        TRY(checked("a primary key",
                    Esys_CreatePrimary(esys.get(), hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_secret,
                                       &made_from, &no_data, &no_pcrs, &handle, &out, nullptr, nullptr, nullptr)));
        Owned<TPM2B_PUBLIC> owned(out);
        if (area) *area = std::move(owned);
        return Object(esys.get(), handle);
    }
    Result<Object> storage() { return primary(ESYS_TR_RH_OWNER, storage_template()); }

    Result<Key> create(const TPM2B_PUBLIC& made_from) {
        const Object parent = TRY(storage());
        TPM2B_PUBLIC* area = nullptr;
        TPM2B_PRIVATE* secret = nullptr;
        TRY(checked("a new key",
                    Esys_Create(esys.get(), parent.handle(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_secret,
                                &made_from, &no_data, &no_pcrs, &secret, &area, nullptr, nullptr, nullptr)));
        const Owned<TPM2B_PUBLIC> owned(area);
        const Owned<TPM2B_PRIVATE> also_owned(secret);
        return Key{marshalled(*area, Tss2_MU_TPM2B_PUBLIC_Marshal), marshalled(*secret, Tss2_MU_TPM2B_PRIVATE_Marshal)};
    }

    Result<Object> load(const Key& key) {
        const auto area = TRY(parse_public(key.public_area));
        const auto secret =
            TRY(unmarshalled<TPM2B_PRIVATE>(key.private_area, "a key's private area", Tss2_MU_TPM2B_PRIVATE_Unmarshal));
        const Object parent = TRY(storage());
        ESYS_TR handle = ESYS_TR_NONE;
        TRY(checked("a key", Esys_Load(esys.get(), parent.handle(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                       &secret, &area, &handle)));
        return Object(esys.get(), handle);
    }

    // What an endorsement key wants before it decrypts anything.
    Result<Object> endorsement_session() {
        constexpr TPMT_SYM_DEF no_encryption{.algorithm = TPM2_ALG_NULL, .keyBits = {}, .mode = {}};
        ESYS_TR handle = ESYS_TR_NONE;
        TRY(checked("a session", Esys_StartAuthSession(esys.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                                       ESYS_TR_NONE, ESYS_TR_NONE, nullptr, TPM2_SE_POLICY,
                                                       &no_encryption, TPM2_ALG_SHA256, &handle)));
        Object session(esys.get(), handle);
        TRY(checked("the endorsement hierarchy",
                    Esys_PolicySecret(esys.get(), ESYS_TR_RH_ENDORSEMENT, session.handle(), ESYS_TR_PASSWORD,
                                      ESYS_TR_NONE, ESYS_TR_NONE, nullptr, nullptr, nullptr, 0, nullptr, nullptr)));
        return session;
    }

    Result<std::string> read_nv(TPM2_HANDLE index) {
        ESYS_TR handle = ESYS_TR_NONE;
        TRY(checked("NV index",
                    Esys_TR_FromTPMPublic(esys.get(), index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &handle)));
        TPM2B_NV_PUBLIC* described = nullptr;
        TRY(checked("NV index", Esys_NV_ReadPublic(esys.get(), handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                                   &described, nullptr)));
        const Owned<TPM2B_NV_PUBLIC> owned(described);
        const std::size_t size = described->nvPublic.dataSize;
        if (size > certificate_limit) return fail(Code::Corrupt, "a certificate in the TPM is too large");
        const std::size_t step = TRY(property(esys.get(), TPM2_PT_NV_BUFFER_MAX));
        std::string bytes;
        while (bytes.size() < size) {
            TPM2B_MAX_NV_BUFFER* part = nullptr;
            TRY(checked("NV index",
                        Esys_NV_Read(esys.get(), handle, handle, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                     static_cast<UINT16>(std::min({step, size - bytes.size(), std::size_t{512}})),
                                     static_cast<UINT16>(bytes.size()), &part)));
            const Owned<TPM2B_MAX_NV_BUFFER> owned_part(part);
            if (part->size == 0) return fail(Code::Corrupt, "a certificate in the TPM ends too early");
            bytes += bytes_of(part->size, part->buffer);
        }
        return bytes;
    }
};

Tpm::Tpm(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tpm::Tpm(Tpm&&) noexcept = default;
Tpm& Tpm::operator=(Tpm&&) noexcept = default;
Tpm::~Tpm() = default;

Result<Tpm> Tpm::open(const std::string& tcti) {
    auto state = std::make_unique<State>(TRY(in("TPM (" + tcti + ")", Esys::open(tcti))));
    return Tpm(std::move(state));
}

Result<About> Tpm::about() {
    ESYS_CONTEXT* esys = state_->esys.get();
    About about{.manufacturer = letters(TRY(property(esys, TPM2_PT_MANUFACTURER)))};
    const std::uint64_t high = TRY(property(esys, TPM2_PT_FIRMWARE_VERSION_1));
    about.firmware = high << 32U | TRY(property(esys, TPM2_PT_FIRMWARE_VERSION_2));
    const auto permanent = TRY(property(esys, TPM2_PT_PERMANENT));
    about.locked_out = (permanent & TPMA_PERMANENT_INLOCKOUT) != 0;
    about.failed_tries = TRY(property(esys, TPM2_PT_LOCKOUT_COUNTER));
    about.owner_guarded = (permanent & TPMA_PERMANENT_OWNERAUTHSET) != 0;
    return about;
}

Result<Pcrs> Tpm::read_pcrs(std::span<const unsigned> numbers) {
    Pcrs pcrs;
    // One by one: a TPM answers with as many as it likes.
    for (const unsigned number : numbers) {
        const auto selection = TRY(selection_of(std::span(&number, 1)));
        TPML_DIGEST* values = nullptr;
        TRY(checked("PCR " + std::to_string(number),
                    Esys_PCR_Read(state_->esys.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &selection, nullptr,
                                  nullptr, &values)));
        const Owned<TPML_DIGEST> owned(values);
        if (values->count != 1 || values->digests[0].size != 32)
            return fail(Code::NotFound, "the TPM has no SHA-256 value of PCR " + std::to_string(number));
        std::copy_n(values->digests[0].buffer, 32, pcrs[number].begin());
    }
    return pcrs;
}

Result<std::string> Tpm::ek_public(EkType type) {
    Owned<TPM2B_PUBLIC> area;
    TRY(in("endorsement key", state_->primary(ESYS_TR_RH_ENDORSEMENT, ek_template(type), &area)));
    return marshalled(*area, Tss2_MU_TPM2B_PUBLIC_Marshal);
}

Result<std::optional<std::string>> Tpm::ek_certificate(EkType type) {
    auto found = state_->read_nv(type == EkType::Rsa2048 ? rsa_certificate : ecc_certificate);
    if (found) return std::optional(*std::move(found));
    if (found.error().code == Code::NotFound) return std::nullopt;
    return in("endorsement certificate", Result<std::optional<std::string>>(std::unexpected(found.error())));
}

Result<Key> Tpm::create_attestation_key() {
    return in("attestation key", state_->create(attestation_template()));
}

Result<Key> Tpm::create_device_key() {
    return in("device key", state_->create(device_template()));
}

Result<Attested> Tpm::quote(const Key& attestation_key, std::string_view nonce, std::span<const unsigned> pcrs) {
    const auto selection = TRY(selection_of(pcrs));
    const auto data = TRY(nonce_of(nonce));
    const Object key = TRY(in("attestation key", state_->load(attestation_key)));
    TPM2B_ATTEST* statement = nullptr;
    TPMT_SIGNATURE* signature = nullptr;
    TRY(checked("quote", Esys_Quote(state_->esys.get(), key.handle(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                    &data, &scheme_of_the_key, &selection, &statement, &signature)));
    const Owned<TPM2B_ATTEST> owned(statement);
    const Owned<TPMT_SIGNATURE> also_owned(signature);
    return attested(*statement, *signature);
}

Result<Attested> Tpm::certify(const Key& attestation_key, const Key& subject, std::string_view nonce) {
    const auto data = TRY(nonce_of(nonce));
    const Object key = TRY(in("attestation key", state_->load(attestation_key)));
    const Object other = TRY(in("key to vouch for", state_->load(subject)));
    TPM2B_ATTEST* statement = nullptr;
    TPMT_SIGNATURE* signature = nullptr;
    TRY(checked("certification",
                Esys_Certify(state_->esys.get(), other.handle(), key.handle(), ESYS_TR_PASSWORD, ESYS_TR_PASSWORD,
                             ESYS_TR_NONE, &data, &scheme_of_the_key, &statement, &signature)));
    const Owned<TPM2B_ATTEST> owned(statement);
    const Owned<TPMT_SIGNATURE> also_owned(signature);
    return attested(*statement, *signature);
}

Result<std::string> Tpm::sign(const Key& key, const Digest& digest) {
    const Object loaded = TRY(in("device key", state_->load(key)));
    TPM2B_DIGEST bytes{};
    bytes.size = digest.size();
    std::ranges::copy(digest, bytes.buffer);
    TPMT_SIG_SCHEME scheme{.scheme = TPM2_ALG_ECDSA, .details = {}};
    scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
    // No ticket: the key may sign what did not come through the TPM.
    const TPMT_TK_HASHCHECK outside{.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL, .digest = {}};
    TPMT_SIGNATURE* signature = nullptr;
    TRY(checked("signature", Esys_Sign(state_->esys.get(), loaded.handle(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                       ESYS_TR_NONE, &bytes, &scheme, &outside, &signature)));
    const Owned<TPMT_SIGNATURE> owned(signature);
    return ecdsa_der(*signature);
}

Result<std::string> Tpm::activate(const Key& attestation_key, EkType ek, const Credential& credential) {
    const auto blob =
        TRY(unmarshalled<TPM2B_ID_OBJECT>(credential.blob, "a wrapped credential", Tss2_MU_TPM2B_ID_OBJECT_Unmarshal));
    const auto secret = TRY(unmarshalled<TPM2B_ENCRYPTED_SECRET>(credential.secret, "a wrapped credential's secret",
                                                                 Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal));
    const Object key = TRY(in("attestation key", state_->load(attestation_key)));
    const Object endorsement = TRY(in("endorsement key", state_->primary(ESYS_TR_RH_ENDORSEMENT, ek_template(ek))));
    const Object session = TRY(state_->endorsement_session());
    TPM2B_DIGEST* opened = nullptr;
    TRY(checked_opening("the credential", Esys_ActivateCredential(
                                              state_->esys.get(), key.handle(), endorsement.handle(), ESYS_TR_PASSWORD,
                                              session.handle(), ESYS_TR_NONE, &blob, &secret, &opened)));
    const Owned<TPM2B_DIGEST> owned(opened);
    return bytes_of(opened->size, opened->buffer);
}

}  // namespace holdfast::tpm
