#include "enroll/manufacturers.hpp"

#include "base/handle.hpp"
#include "identity/x509.hpp"

#include <openssl/x509_vfy.h>

namespace holdfast::enroll {

namespace {

using Context = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;

}  // namespace

Manufacturers::Manufacturers(std::span<const std::string> roots) : roots_(X509_STORE_new(), X509_STORE_free) {
    for (const auto& der : roots)
        if (const auto root = identity::parse(der)) X509_STORE_add_cert(roots_.get(), root->get());
}

Result<> Manufacturers::check(X509* certificate, std::int64_t now) const {
    const Context context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), roots_.get(), certificate, nullptr);
    X509_STORE_CTX_set_time(context.get(), 0, now);
    // An intermediate's certificate may be what is trusted.
    X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(context.get()) == 1) return {};
    return fail(Code::Denied, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

}  // namespace holdfast::enroll
