#include "keys/certificate.hpp"

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
using Certificate = Handle<X509, X509_free>;
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

}  // namespace

Result<Pair> make_pair(const std::string& common_name) {
    const Key key(EVP_RSA_gen(2048));
    if (!key) return refused("cannot make an RSA key");
    const Certificate certificate(X509_new());
    if (!certificate || !fill(certificate.get(), key.get(), common_name)) return refused("cannot make a certificate");
    const Bio key_text(BIO_new(BIO_s_mem()));
    const Bio certificate_text(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
        PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1)
        return refused("cannot write PEM");
    return Pair{text_of(key_text.get()), text_of(certificate_text.get())};
}

}  // namespace holdfast::keys
