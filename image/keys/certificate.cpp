#include "keys/certificate.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace holdfast::keys {

namespace {

using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using X509Handle = Handle<X509, X509_free>;
using Bio = Handle<BIO, BIO_free_all>;

constexpr long ten_years = 3652L * 24 * 60 * 60;

std::unexpected<Error> refused(const char* doing) {
    return fail(Code::Bug, std::string(doing) + ": " + ERR_error_string(ERR_get_error(), nullptr));
}

// 19 random bytes: positive, and within the 20 octets of RFC 5280, section 4.1.2.2.
bool set_serial(X509* certificate) {
    unsigned char bytes[19];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
    const Handle<BIGNUM, BN_free> number(BN_bin2bn(bytes, sizeof bytes, nullptr));
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

bool fill(X509* certificate, EVP_PKEY* key, const std::string& common_name) {
    X509_NAME* name = X509_get_subject_name(certificate);
    return X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate) &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), ten_years) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0) &&
           X509_set_issuer_name(certificate, name) && X509_set_pubkey(certificate, key) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

constexpr std::size_t file_limit = 64UL * 1024;

Bio memory(const std::string& bytes) {
    return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

X509Handle decode(const std::string& bytes) {
    if (X509Handle pem(PEM_read_bio_X509(memory(bytes).get(), nullptr, nullptr, nullptr)); pem) return pem;
    ERR_clear_error();
    return X509Handle(d2i_X509_bio(memory(bytes).get(), nullptr));
}

// No prompt for a passphrase: a key that needs one is refused.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

}  // namespace

Result<Pair> make_pair(const std::string& common_name) {
    const Key key(EVP_RSA_gen(2048));
    if (!key) return refused("cannot make an RSA key");
    const X509Handle certificate(X509_new());
    if (!certificate || !fill(certificate.get(), key.get(), common_name)) return refused("cannot make a certificate");
    const Bio key_text(BIO_new(BIO_s_mem()));
    const Bio certificate_text(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
        PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1)
        return refused("cannot write PEM");
    return Pair{text_of(key_text.get()), text_of(certificate_text.get())};
}

Result<OpenPair> make_open_pair() {
    const Key key(EVP_RSA_gen(2048));
    if (!key) return refused("cannot make an RSA key");
    const Bio secret(BIO_new(BIO_s_mem()));
    const Bio open(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_PKCS8PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
        PEM_write_bio_PUBKEY(open.get(), key.get()) != 1)
        return refused("cannot write PEM");
    return OpenPair{text_of(secret.get()), text_of(open.get())};
}

Result<Certificate> read_certificate(const std::filesystem::path& file) {
    const X509Handle certificate = decode(TRY(read_whole(file, file_limit)));
    const Bio der(BIO_new(BIO_s_mem()));
    const Bio pem(BIO_new(BIO_s_mem()));
    if (!certificate || i2d_X509_bio(der.get(), certificate.get()) != 1 ||
        PEM_write_bio_X509(pem.get(), certificate.get()) != 1)
        return fail(Code::Corrupt, file.string() + " is not an X.509 certificate, neither as PEM nor as DER");
    return Certificate{text_of(der.get()), text_of(pem.get())};
}

Result<> check_belongs(const std::filesystem::path& key, const Certificate& certificate) {
    const std::string bytes = TRY(read_whole(key, file_limit));
    const Key secret(PEM_read_bio_PrivateKey(memory(bytes).get(), nullptr, no_passphrase, nullptr));
    if (!secret) return fail(Code::Corrupt, key.string() + " is not a private key in PEM without a passphrase");
    const X509Handle subject = decode(certificate.pem);
    if (!subject || X509_check_private_key(subject.get(), secret.get()) != 1)
        return fail(Code::Corrupt, key.string() + " is not the key of the certificate beside it");
    return {};
}

}  // namespace holdfast::keys
