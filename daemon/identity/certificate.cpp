#include "identity/certificate.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/openssl.hpp"
#include "base/text.hpp"
#include "identity/x509.hpp"

#include <algorithm>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <optional>

namespace holdfast::identity {

namespace {

namespace fs = std::filesystem;

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

constexpr std::size_t key_limit = 16UL * 1024;

std::string text_of(const X509_NAME_ENTRY* entry) {
    const auto* text = X509_NAME_ENTRY_get_data(entry);
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// The box that an authority on a box is of, by what it may give.
std::optional<SpiffeId> place_of(X509* certificate) {
    const Constraints constraints(
        static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(certificate, NID_name_constraints, nullptr, nullptr)));
    if (!constraints || !constraints->permittedSubtrees) return std::nullopt;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); ++i) {
        const auto* name = sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base;
        if (name->type != GEN_DIRNAME || X509_NAME_entry_count(name->d.directoryName) != 3) continue;
        const auto part = [&](int at) { return text_of(X509_NAME_get_entry(name->d.directoryName, at)); };
        return SpiffeId{part(0), part(1), part(2), {}};
    }
    return std::nullopt;
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

// What no name constraint says: an authority on a box gives SPIFFE IDs below that box's own.
Result<> check_paths(X509* leaf, const STACK_OF(X509) * chain) {
    const std::string uri = TRY(uri_of(leaf));
    for (int i = 1; i < sk_X509_num(chain); ++i)
        if (const auto box = place_of(sk_X509_value(chain, i)); box && !uri.starts_with(box->uri() + "/workload/"))
            return fail(Code::Denied, "'" + uri + "' was given by the authority of " + box->uri() + ", which may not");
    return {};
}

}  // namespace

Result<std::int64_t> seconds(const ASN1_TIME* time, const char* what) {
    std::tm parts{};
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return fail(Code::Corrupt, std::string(what) + " cannot be read");
    return ::timegm(&parts);
}

std::string hex_of(const ASN1_INTEGER* serial) {
    return hex({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

Result<Certificate> parse(std::string_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    Certificate parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (parsed && at == reinterpret_cast<const unsigned char*>(der.data()) + der.size()) return parsed;
    ERR_clear_error();
    return fail(Code::Corrupt, "no certificate");
}

std::string der_of(X509* certificate) {
    return der_by(i2d_X509, certificate);
}

std::string SpiffeId::uri() const {
    return "spiffe://" + trust_domain + "/site/" + site + "/box/" + box + (workload.empty() ? "" : "/workload/") +
           workload;
}

Result<SpiffeId> SpiffeId::parse(std::string_view uri) {
    const auto parts = split(uri, '/');
    const bool workload = parts.size() == 9 && parts[7] == "workload" && !parts[8].empty();
    if ((parts.size() == 7 || workload) && parts[0] == "spiffe:" && parts[1].empty() && parts[3] == "site" &&
        parts[5] == "box" && !parts[2].empty() && !parts[4].empty() && !parts[6].empty())
        return SpiffeId{parts[2], parts[4], parts[6], workload ? parts[8] : ""};
    return fail(Code::Corrupt,
                "'" + std::string(uri) + "' is no spiffe://TRUST-DOMAIN/site/SITE/box/NAME, nor a workload's there");
}

bool is_label(std::string_view text) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !text.empty() && text.size() <= label_limit && std::ranges::all_of(text, is_letter) && text.front() != '-' &&
           text.back() != '-';
}

Result<> check_trust_domain(std::string_view text) {
    if (text.size() <= trust_domain_limit && std::ranges::all_of(split(text, '.'), is_label)) return {};
    return fail(Code::Corrupt, "'" + std::string(text.substr(0, 2 * trust_domain_limit)) +
                                   "' is no trust domain: small letters, digits and hyphens, with dots between, as a "
                                   "domain of DNS, " +
                                   std::to_string(trust_domain_limit) + " at most: clinic.example");
}

Result<Key> make_key() {
    Key key(EVP_EC_gen("P-256"));
    if (!key) return openssl_failed("a new key");
    return key;
}

Result<std::string> private_pem(const Key& key) {
    const Memory memory(BIO_new(BIO_s_secmem()));
    if (PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return openssl_failed("writing a key");
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return std::string(bytes, static_cast<std::size_t>(size));
}

Result<> write_key(const Key& key, const fs::path& file) {
    const auto pem = TRY(private_pem(key));
    return write_whole(file, pem, 0600);
}

std::string private_der(const Key& key) {
    const Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free> info(EVP_PKEY2PKCS8(key.get()));
    return der_by(i2d_PKCS8_PRIV_KEY_INFO, info.get());
}

namespace {

using ReadKey = EVP_PKEY* (*)(BIO*, EVP_PKEY**, pem_password_cb*, void*);

Result<Key> read_pem(const fs::path& file, ReadKey read, const char* what) {
    const std::string pem = TRY(read_whole(file, key_limit));
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Key key(read(memory.get(), nullptr, nullptr, nullptr));
    if (key) return key;
    ERR_clear_error();
    return fail(Code::Corrupt, file.string() + " holds no " + what + " key");
}

}  // namespace

Result<Key> read_key(const fs::path& file) {
    return read_pem(file, PEM_read_bio_PrivateKey, "private");
}

Result<std::string> sign(EVP_PKEY* key, std::string_view message) {
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, raw(message), message.size()) != 1)
        return openssl_failed("cannot sign");
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), raw(signature), &size, raw(message), message.size()) != 1)
        return openssl_failed("cannot sign");
    signature.resize(size);
    return signature;
}

Result<Key> read_public_key(const fs::path& file) {
    return read_pem(file, PEM_read_bio_PUBKEY, "public");
}

Result<Facts> facts_of(std::string_view certificate) {
    const auto parsed = TRY(parse(certificate));
    constexpr auto time = "a certificate's time";
    Facts facts{.uri = TRY(uri_of(parsed.get()))};
    facts.validity.from = TRY(seconds(X509_get0_notBefore(parsed.get()), time));
    facts.validity.until = TRY(seconds(X509_get0_notAfter(parsed.get()), time));
    facts.serial = hex_of(X509_get0_serialNumber(parsed.get()));
    facts.fingerprint = key_fingerprint(parsed.get());
    return facts;
}

Result<std::string> subject_of(std::string_view certificate) {
    const auto parsed = TRY(parse(certificate));
    const Memory memory(BIO_new(BIO_s_mem()));
    // As UTF-8, and no other byte that a terminal would heed.
    constexpr unsigned long flags = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
    if (X509_NAME_print_ex(memory.get(), X509_get_subject_name(parsed.get()), 0, flags) < 0)
        return openssl_failed("a certificate's subject");
    return contents_of(memory.get());
}

Result<SpiffeId> box_of_authority(std::string_view certificate) {
    const auto parsed = TRY(parse(certificate));
    const auto box = place_of(parsed.get());
    if (!box) return fail(Code::Corrupt, "this certificate is not of a box's own authority");
    return *box;
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
    if (X509_verify_cert(context.get()) == 1)
        return check_paths(certificate.get(), X509_STORE_CTX_get0_chain(context.get()));
    return fail(Code::Denied, std::string("the certificate does not lead to an authority that is trusted here: ") +
                                  X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

std::string pem_of(std::string_view certificate) {
    const auto parsed = parse(certificate);
    const Memory memory(BIO_new(BIO_s_mem()));
    if (!parsed || PEM_write_bio_X509(memory.get(), parsed->get()) != 1) return {};
    return contents_of(memory.get());
}

std::string pem_of(const std::vector<std::string>& chain) {
    std::string all;
    for (const auto& each : chain) all += pem_of(each);
    return all;
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
