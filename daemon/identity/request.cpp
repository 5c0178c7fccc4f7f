#include "identity/request.hpp"

#include "base/openssl.hpp"
#include "base/text.hpp"
#include "identity/x509.hpp"

#include <algorithm>
#include <array>
#include <openssl/pem.h>

namespace holdfast::identity {

namespace {

using Asked = Handle<X509_REQ, X509_REQ_free>;
using Memory = Handle<BIO, BIO_free_all>;

bool is_p256(EVP_PKEY* key) {
    std::array<char, 32> group{};
    return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1 &&
           std::string_view(group.data()) == "prime256v1";
}

// Its one organization.
std::string organization(const X509_REQ* asked) {
    const auto* name = X509_REQ_get_subject_name(asked);
    if (X509_NAME_entry_count(name) != 1 || X509_NAME_get_index_by_NID(name, NID_organizationName, -1) != 0) return {};
    const auto* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, 0));
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

}  // namespace

Result<std::string> write_authority_request(EVP_PKEY* key, const std::string& trust_domain) {
    // Nothing else gets into a certificate: there it stands between other words.
    TRY(check_trust_domain(trust_domain));
    const Asked asked(X509_REQ_new());
    const Name name(X509_NAME_new());
    const bool made = X509_NAME_add_entry_by_txt(name.get(), "O", MBSTRING_UTF8, raw(std::string_view(trust_domain)),
                                                 static_cast<int>(trust_domain.size()), -1, 0) == 1 &&
                      X509_REQ_set_subject_name(asked.get(), name.get()) == 1 &&
                      X509_REQ_set_pubkey(asked.get(), key) == 1 && X509_REQ_sign(asked.get(), key, EVP_sha256()) > 0;
    const Memory memory(BIO_new(BIO_s_mem()));
    if (!made || PEM_write_bio_X509_REQ(memory.get(), asked.get()) != 1) return openssl_failed("a request");
    return contents_of(memory.get());
}

Result<AuthorityRequest> parse_authority_request(std::string_view pem) {
    if (pem.size() > request_limit) return fail(Code::Corrupt, "a request of an authority is not that large");
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const Asked asked(PEM_read_bio_X509_REQ(memory.get(), nullptr, nullptr, nullptr));
    AuthorityRequest read{.key = Key(asked ? X509_REQ_get_pubkey(asked.get()) : nullptr), .trust_domain = {}};
    const bool proved = read.key && is_p256(read.key.get()) && X509_REQ_verify(asked.get(), read.key.get()) == 1;
    ERR_clear_error();
    if (!asked) return fail(Code::Corrupt, "no request of an authority (PKCS#10, PEM)");
    if (!proved) return fail(Code::Corrupt, "a request that is not signed by its own P-256 key");
    read.trust_domain = organization(asked.get());
    TRY(in("a request of an authority", check_trust_domain(read.trust_domain)));
    return read;
}

}  // namespace holdfast::identity
