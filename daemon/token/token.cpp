#include "token/token.hpp"

#include "base/handle.hpp"
#include "base/openssl.hpp"
#include "base/text.hpp"

#include <array>
#include <cstdlib>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <vector>

namespace holdfast::token {

namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

void finish(CK_FUNCTION_LIST* module) noexcept {
    p11_kit_module_finalize(module);
    p11_kit_module_release(module);
}

using Uri = Handle<P11KitUri, p11_kit_uri_free>;
using Module = Handle<CK_FUNCTION_LIST, finish>;
using Registered = Handle<CK_FUNCTION_LIST*, p11_kit_modules_finalize_and_release>;
using PublicKey = Handle<EVP_PKEY, EVP_PKEY_free>;

constexpr std::size_t uri_limit = 4096, coordinate = 32, attribute_limit = 256;
// The OID of P-256, and what stands before an uncompressed point of it in a SubjectPublicKeyInfo (RFC 5480).
constexpr std::string_view p256("\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07", 10);
constexpr std::string_view p256_head(
    "\x30\x59\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07\x03\x42\x00", 26);

std::unexpected<Error> refused(const std::string& what, CK_RV reason) {
    return fail(Code::Bug, what + ": " + p11_kit_strerror(reason));
}

Result<Uri> parse(const std::string& text) {
    Uri uri(p11_kit_uri_new());
    const int wrong = text.size() > uri_limit
                          ? static_cast<int>(P11_KIT_URI_BAD_SYNTAX)
                          : p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_OBJECT_ON_TOKEN, uri.get());
    if (p11_kit_uri_get_pin_value(uri.get()) || p11_kit_uri_get_pin_source(uri.get()))
        return fail(Code::Corrupt, "a PIN has no place in the key's URI; it is asked for, or give --pin-file FILE");
    if (wrong != P11_KIT_URI_OK)
        return fail(Code::Corrupt, "'" + text + "' is no URI of a key on a token, pkcs11:token=NAME;object=NAME");
    if (p11_kit_uri_any_unrecognized(uri.get()) || p11_kit_uri_get_module_path(uri.get()) ||
        p11_kit_uri_get_module_name(uri.get()))
        return fail(Code::Corrupt,
                    "'" + text + "' says more than which token and object; the token's library is --module FILE");
    return uri;
}

struct Token {
    CK_FUNCTION_LIST* module = nullptr;
    CK_SLOT_ID slot = 0;
    CK_TOKEN_INFO info{};

    std::string label() const {
        return std::string(trim({reinterpret_cast<const char*>(info.label), sizeof(info.label)}));
    }
};

std::vector<Token> tokens_of(CK_FUNCTION_LIST* module) {
    CK_ULONG count = 0;
    if (module->C_GetSlotList(CK_TRUE, nullptr, &count) != CKR_OK) return {};
    std::vector<CK_SLOT_ID> slots(count);
    if (module->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) return {};
    slots.resize(count);
    std::vector<Token> all;
    for (const auto slot : slots) {
        Token token{.module = module, .slot = slot};
        if (module->C_GetTokenInfo(slot, &token.info) == CKR_OK && (token.info.flags & CKF_TOKEN_INITIALIZED) != 0)
            all.push_back(token);
    }
    return all;
}

Result<Token> choose(P11KitUri* uri, const std::vector<CK_FUNCTION_LIST*>& modules) {
    std::vector<Token> matching;
    std::vector<std::string> labels;
    for (auto* module : modules)
        for (const auto& token : tokens_of(module)) {
            if (p11_kit_uri_match_token_info(uri, &token.info)) matching.push_back(token);
            // What wants no PIN keeps no private key: p11-kit's own list of authorities looks like a token.
            if ((token.info.flags & CKF_LOGIN_REQUIRED) != 0) labels.push_back("'" + token.label() + "'");
        }
    if (matching.size() == 1) return matching.front();
    if (!matching.empty()) return fail(Code::Corrupt, "more than one token fits; add serial=… to the URI");
    const std::string there = labels.empty() ? "nor any other" : "but " + join(labels, ", ");
    return fail(Code::NotFound,
                "no such token is here, " + there + ". Is it plugged in? Or is its library another one (--module)?");
}

// Of the objects that the URI means, those of one class.
Result<std::vector<CK_OBJECT_HANDLE>> find(CK_FUNCTION_LIST* module, CK_SESSION_HANDLE session, P11KitUri* uri,
                                           CK_OBJECT_CLASS of) {
    CK_ULONG count = 0;
    const auto* said = p11_kit_uri_get_attributes(uri, &count);
    std::vector<CK_ATTRIBUTE> wanted(said, said + count);
    std::erase_if(wanted, [](const auto& each) { return each.type == CKA_CLASS; });
    wanted.push_back({CKA_CLASS, &of, sizeof(of)});
    std::array<CK_OBJECT_HANDLE, 2> found{};
    CK_ULONG number = 0;
    CK_RV done = module->C_FindObjectsInit(session, wanted.data(), wanted.size());
    if (done == CKR_OK) done = module->C_FindObjects(session, found.data(), found.size(), &number);
    module->C_FindObjectsFinal(session);
    if (done != CKR_OK) return refused("looking for the key", done);
    return std::vector(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(number));
}

// "" where the object has none.
std::string attribute(CK_FUNCTION_LIST* module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                      CK_ATTRIBUTE_TYPE type) {
    std::string bytes(attribute_limit, '\0');
    CK_ATTRIBUTE read{type, bytes.data(), bytes.size()};
    if (module->C_GetAttributeValue(session, object, &read, 1) != CKR_OK || read.ulValueLen > bytes.size()) return {};
    bytes.resize(read.ulValueLen);
    return bytes;
}

Result<PublicKey> public_key_of(CK_FUNCTION_LIST* module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
    std::string point = attribute(module, session, object, CKA_EC_POINT);
    // An OCTET STRING around the point; some tokens leave that out.
    constexpr std::size_t size = 1 + 2 * coordinate;
    if (point.size() == size + 2 && point.starts_with("\x04\x41")) point.erase(0, 2);
    const bool fits = attribute(module, session, object, CKA_EC_PARAMS) == p256 && point.size() == size;
    const std::string spki = std::string(p256_head) + point;
    const auto* at = raw(std::string_view(spki));
    PublicKey key(fits ? d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())) : nullptr);
    ERR_clear_error();
    if (!key) return fail(Code::Corrupt, "that key on the token is no P-256 key (EC:prime256v1)");
    return key;
}

// PKCS#11 gives both numbers one after the other, certificates hold them as a SEQUENCE (RFC 3279, section 2.2.3).
std::string der_of(const std::array<unsigned char, 2 * coordinate>& signature) {
    const Handle<ECDSA_SIG, ECDSA_SIG_free> both(ECDSA_SIG_new());
    ECDSA_SIG_set0(both.get(), BN_bin2bn(signature.data(), coordinate, nullptr),
                   BN_bin2bn(signature.data() + coordinate, coordinate, nullptr));
    return der_by(i2d_ECDSA_SIG, both.get());
}

bool verifies(EVP_PKEY* key, const Digest& digest, std::string_view signature) {
    const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new(key, nullptr));
    const bool good =
        EVP_PKEY_verify_init(context.get()) == 1 &&
        EVP_PKEY_verify(context.get(), raw(signature), signature.size(), digest.data(), digest.size()) == 1;
    ERR_clear_error();
    return good;
}

}  // namespace

struct Key::Open {
    Place place;
    Registered registered;
    Module named;
    Token token;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    bool pin_each_time = false;
    std::string pin;
    PublicKey public_key;

    Open() = default;
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    ~Open() {
        OPENSSL_cleanse(pin.data(), pin.size());
        if (session == CK_INVALID_HANDLE) return;
        token.module->C_Logout(session);
        token.module->C_CloseSession(session);
    }

    Result<std::vector<CK_FUNCTION_LIST*>> load();
    Result<> log_in(CK_USER_TYPE as);
    Result<> choose_key(P11KitUri* uri);
    std::unexpected<Error> no_key(P11KitUri* uri) const;
};

Result<std::vector<CK_FUNCTION_LIST*>> Key::Open::load() {
    if (place.module.empty()) {
        registered.reset(p11_kit_modules_load_and_initialize(0));
        std::vector<CK_FUNCTION_LIST*> all;
        for (auto** each = registered.get(); each && *each; ++each) all.push_back(*each);
        return all;
    }
    const fs::path file = fs::absolute(place.module);
    if (!fs::exists(file)) return fail(Code::NotFound, file.string() + " is not there");
    auto* loaded = p11_kit_module_load(file.c_str(), 0);
    const auto* reason = loaded ? nullptr : p11_kit_message();
    if (!loaded) return fail(Code::Corrupt, file.string() + " is no token's library: " + (reason ? reason : ""));
    if (const CK_RV wrong = p11_kit_module_initialize(loaded); wrong != CKR_OK) {
        p11_kit_module_release(loaded);
        return refused("starting " + file.string(), wrong);
    }
    named.reset(loaded);
    return std::vector{loaded};
}

Result<> Key::Open::log_in(CK_USER_TYPE as) {
    const CK_RV said = token.module->C_Login(session, as, raw(pin), pin.size());
    const std::string name = "token '" + token.label() + "'";
    switch (said) {
        case CKR_OK:
        case CKR_USER_ALREADY_LOGGED_IN: return {};
        case CKR_PIN_INCORRECT:
        case CKR_PIN_INVALID:
        case CKR_PIN_LEN_RANGE:
            return fail(Code::Denied, name + " refuses this PIN; most tokens lock themselves after a few wrong ones");
        case CKR_PIN_LOCKED: return fail(Code::Denied, name + " has locked itself after too many wrong PINs");
        case CKR_PIN_EXPIRED:
        case CKR_USER_PIN_NOT_INITIALIZED:
            return fail(Code::Denied, name + " wants a new PIN first: pkcs11-tool --init-pin, or --change-pin");
        default: return refused("logging in at " + name, said);
    }
}

std::unexpected<Error> Key::Open::no_key(P11KitUri* uri) const {
    const auto* named_so = p11_kit_uri_get_attribute(uri, CKA_LABEL);
    const std::string label =
        named_so ? std::string(static_cast<const char*>(named_so->pValue), named_so->ulValueLen) : "root"s;
    const Handle<char, std::free> file(p11_kit_module_get_filename(token.module));
    return fail(Code::NotFound,
                "token '" + token.label() + "' has no such key pair; make one with: pkcs11-tool --module " +
                    (file ? file.get() : "FILE") + " --token-label '" + token.label() +
                    "' --login --keypairgen --key-type EC:prime256v1 --usage-sign --id 01 --label '" + label + "'");
}

Result<> Key::Open::choose_key(P11KitUri* uri) {
    const auto secret = TRY(find(token.module, session, uri, CKO_PRIVATE_KEY));
    const auto open = TRY(find(token.module, session, uri, CKO_PUBLIC_KEY));
    if (secret.size() > 1 || open.size() > 1)
        return fail(Code::Corrupt, "more than one key of token '" + token.label() + "' fits; add id=%01 to the URI");
    if (secret.empty() || open.empty()) return no_key(uri);
    key = secret.front();
    pin_each_time = attribute(token.module, session, key, CKA_ALWAYS_AUTHENTICATE) == "\x01";
    public_key = TRY(public_key_of(token.module, session, open.front()));
    return {};
}

Result<Key> Key::open(const Place& place, const Pin& pin) {
    const auto uri = TRY(parse(place.uri));
    auto made = std::make_unique<Open>();
    made->place = place;
    const auto modules = TRY(in("--module", made->load()));
    made->token = TRY(choose(uri.get(), modules));
    auto& token = made->token;
    if (const CK_RV said =
            token.module->C_OpenSession(token.slot, CKF_SERIAL_SESSION, nullptr, nullptr, &made->session);
        said != CKR_OK)
        return refused("opening token '" + token.label() + "'", said);
    made->pin = TRY(pin(token.label()));
    TRY(made->log_in(CKU_USER));
    TRY(made->choose_key(uri.get()));
    return Key(std::move(made));
}

Key::Key(std::unique_ptr<Open> open) : open_(std::move(open)) {}
Key::Key(Key&&) noexcept = default;
Key& Key::operator=(Key&&) noexcept = default;
Key::~Key() = default;

const Place& Key::place() const {
    return open_->place;
}

EVP_PKEY* Key::public_key() const {
    return open_->public_key.get();
}

Result<std::string> Key::sign(const Digest& digest) {
    auto* module = open_->token.module;
    CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
    if (const CK_RV said = module->C_SignInit(open_->session, &mechanism, open_->key); said != CKR_OK)
        return refused("signing with the token's key", said);
    if (open_->pin_each_time) TRY(open_->log_in(CKU_CONTEXT_SPECIFIC));
    Digest bytes = digest;
    std::array<unsigned char, 2 * coordinate> signature{};
    CK_ULONG size = signature.size();
    if (const CK_RV said = module->C_Sign(open_->session, bytes.data(), bytes.size(), signature.data(), &size);
        said != CKR_OK)
        return refused("signing with the token's key", said);
    std::string der = size == signature.size() ? der_of(signature) : "";
    if (!verifies(public_key(), digest, der))
        return fail(Code::Corrupt, "the token's private key and public key of that name are no pair");
    return der;
}

}  // namespace holdfast::token
