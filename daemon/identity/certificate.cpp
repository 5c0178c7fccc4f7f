#include "identity/certificate.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/openssl.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace holdfast::identity {

namespace {

namespace fs = std::filesystem;

using Certificate = Handle<X509, X509_free>;
using Extension = Handle<X509_EXTENSION, X509_EXTENSION_free>;
using Memory = Handle<BIO, BIO_free_all>;
using Store = Handle<X509_STORE, X509_STORE_free>;
using StoreContext = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;

void free_stack(STACK_OF(X509) * stack) noexcept {
    sk_X509_pop_free(stack, X509_free);
}
void free_names(GENERAL_NAMES* names) noexcept {
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
}
using Stack = Handle<STACK_OF(X509), free_stack>;
using Names = Handle<GENERAL_NAMES, free_names>;

constexpr std::size_t serial_bytes = 16, key_limit = 16UL * 1024;

Result<Certificate> parse(std::string_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    Certificate parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (parsed && at == reinterpret_cast<const unsigned char*>(der.data()) + der.size()) return parsed;
    ERR_clear_error();
    return fail(Code::Corrupt, "no certificate");
}

std::string der_of(X509* certificate) {
    std::string bytes(static_cast<std::size_t>(std::max(0, i2d_X509(certificate, nullptr))), '\0');
    auto* at = reinterpret_cast<unsigned char*>(bytes.data());
    i2d_X509(certificate, &at);
    return bytes;
}

// What one certificate is to say besides its key.
struct Wanted {
    std::string subject;  // its common name
    Validity validity;
    std::vector<std::pair<int, std::string>> extensions;  // NID and value, as x509v3_config(5) writes it
};

Result<> set_serial(X509* certificate) {
    std::array<unsigned char, serial_bytes> bytes{};
    if (RAND_bytes(bytes.data(), bytes.size()) != 1) return openssl_failed("random bytes");
    bytes.front() &= 0x7F;  // positive
    const Handle<BIGNUM, BN_free> number(BN_bin2bn(bytes.data(), bytes.size(), nullptr));
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
    return {};
}

Result<> add_extensions(X509* certificate, X509* issuer, const Wanted& wanted) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    for (const auto& [nid, value] : wanted.extensions) {
        const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
        if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
            return openssl_failed("extension '" + value + "'");
    }
    return {};
}

// Signed by `issuer`; by itself where that is none.
Result<std::string> make(const Issuer* issuer, EVP_PKEY* subject, const Wanted& wanted) {
    const Certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    TRY(set_serial(made.get()));
    ASN1_TIME_set(X509_getm_notBefore(made.get()), wanted.validity.from);
    ASN1_TIME_set(X509_getm_notAfter(made.get()), wanted.validity.until);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wanted.subject.c_str()), -1, -1, 0);
    X509_set_pubkey(made.get(), subject);
    Certificate parent;
    if (issuer) parent = TRY(in("issuer", parse(issuer->certificate)));
    X509* above = parent ? parent.get() : made.get();
    X509_set_issuer_name(made.get(), X509_get_subject_name(above));
    TRY(add_extensions(made.get(), above, wanted));
    if (X509_sign(made.get(), issuer ? issuer->key : subject, EVP_sha256()) <= 0) return openssl_failed("signing");
    return der_of(made.get());
}

// An authority of a trust domain vouches for no other one (X.509-SVID, section 4; RFC 5280, section 4.2.1.10).
std::string only_domain(const std::string& trust_domain) {
    return "critical,permitted;URI:" + trust_domain;
}

Result<std::int64_t> seconds(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return fail(Code::Corrupt, "a certificate's time cannot be read");
    return ::timegm(&parts);
}

Result<std::string> uri_of(X509* certificate) {
    const Names names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::string uri;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const auto* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_URI) continue;
        if (!uri.empty()) return fail(Code::Corrupt, "a certificate with two URI names");
        const auto* text = name->d.uniformResourceIdentifier;
        uri.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                   static_cast<std::size_t>(ASN1_STRING_length(text)));
    }
    return uri;
}

}  // namespace

std::string SpiffeId::uri() const {
    return "spiffe://" + trust_domain + "/site/" + site + "/box/" + box;
}

Result<SpiffeId> SpiffeId::parse(std::string_view uri) {
    const auto parts = split(uri, '/');
    if (parts.size() == 7 && parts[0] == "spiffe:" && parts[1].empty() && parts[3] == "site" && parts[5] == "box" &&
        !parts[2].empty() && !parts[4].empty() && !parts[6].empty())
        return SpiffeId{parts[2], parts[4], parts[6]};
    return fail(Code::Corrupt, "'" + std::string(uri) + "' is no spiffe://TRUST-DOMAIN/site/SITE/box/NAME");
}

Result<Key> make_key() {
    Key key(EVP_EC_gen("P-256"));
    if (!key) return openssl_failed("a new key");
    return key;
}

Result<> write_key(const Key& key, const fs::path& file) {
    const Memory memory(BIO_new(BIO_s_secmem()));
    if (PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return openssl_failed("writing a key");
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return write_whole(file, std::string_view(bytes, static_cast<std::size_t>(size)), 0600);
}

Result<Key> read_key(const fs::path& file) {
    const std::string pem = TRY(read_whole(file, key_limit));
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
    if (key) return key;
    ERR_clear_error();
    return fail(Code::Corrupt, file.string() + " holds no private key");
}

Result<std::string> make_root(EVP_PKEY* key, const std::string& trust_domain, Validity validity) {
    return make(nullptr, key,
                {.subject = trust_domain + " root",
                 .validity = validity,
                 .extensions = {{NID_basic_constraints, "critical,CA:TRUE"},
                                {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                {NID_subject_key_identifier, "hash"},
                                {NID_subject_alt_name, "URI:spiffe://" + trust_domain}}});
}

Result<std::string> make_intermediate(const Issuer& root, EVP_PKEY* subject, const std::string& trust_domain,
                                      Validity validity) {
    return make(&root, subject,
                {.subject = trust_domain + " authority",
                 .validity = validity,
                 .extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                {NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature"},
                                {NID_subject_key_identifier, "hash"},
                                {NID_authority_key_identifier, "keyid:always"},
                                {NID_name_constraints, only_domain(trust_domain)},
                                {NID_subject_alt_name, "URI:spiffe://" + trust_domain}}});
}

Result<std::string> make_leaf(const Issuer& intermediate, EVP_PKEY* subject, const SpiffeId& id, Validity validity) {
    return make(&intermediate, subject,
                {.subject = id.box,
                 .validity = validity,
                 .extensions = {{NID_basic_constraints, "critical,CA:FALSE"},
                                {NID_key_usage, "critical,digitalSignature"},
                                {NID_ext_key_usage, "serverAuth,clientAuth"},
                                {NID_subject_key_identifier, "hash"},
                                {NID_authority_key_identifier, "keyid:always"},
                                {NID_subject_alt_name, "critical,URI:" + id.uri()}}});
}

Result<Facts> facts_of(std::string_view certificate) {
    const auto parsed = TRY(parse(certificate));
    Facts facts{.uri = TRY(uri_of(parsed.get()))};
    facts.validity.from = TRY(seconds(X509_get0_notBefore(parsed.get())));
    facts.validity.until = TRY(seconds(X509_get0_notAfter(parsed.get())));
    const auto* serial = X509_get0_serialNumber(parsed.get());
    facts.serial = hex({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
    std::string key(static_cast<std::size_t>(std::max(0, i2d_X509_PUBKEY(X509_get_X509_PUBKEY(parsed.get()), nullptr))),
                    '\0');
    auto* at = reinterpret_cast<unsigned char*>(key.data());
    i2d_X509_PUBKEY(X509_get_X509_PUBKEY(parsed.get()), &at);
    facts.fingerprint = sha256_hex(key);
    return facts;
}

Result<Key> key_of(std::string_view certificate) {
    const auto parsed = TRY(parse(certificate));
    Key key(X509_get_pubkey(parsed.get()));
    if (key) return key;
    ERR_clear_error();
    return fail(Code::Corrupt, "a certificate whose key cannot be read");
}

Result<> check_chain(std::string_view leaf, const std::vector<std::string>& intermediates,
                     const std::vector<std::string>& roots, std::int64_t at) {
    const auto certificate = TRY(parse(leaf));
    const Store store(X509_STORE_new());
    for (const auto& root : roots) X509_STORE_add_cert(store.get(), TRY(in("root", parse(root))).get());
    const Stack between(sk_X509_new_null());
    for (const auto& each : intermediates) sk_X509_push(between.get(), TRY(in("intermediate", parse(each))).release());
    const StoreContext context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), certificate.get(), between.get());
    if (at == 0)
        X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME);
    else
        X509_STORE_CTX_set_time(context.get(), 0, at);
    if (X509_verify_cert(context.get()) == 1) return {};
    return fail(Code::Denied, std::string("the certificate does not lead to an authority that is trusted here: ") +
                                  X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

std::string pem_of(std::string_view certificate) {
    const auto parsed = parse(certificate);
    const Memory memory(BIO_new(BIO_s_mem()));
    if (!parsed || PEM_write_bio_X509(memory.get(), parsed->get()) != 1) return {};
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

Result<std::vector<std::string>> certificates_in(std::string_view pem) {
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::vector<std::string> all;
    while (const Certificate one{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)})
        all.push_back(der_of(one.get()));
    ERR_clear_error();
    if (all.empty()) return fail(Code::Corrupt, "no certificate");
    return all;
}

}  // namespace holdfast::identity
