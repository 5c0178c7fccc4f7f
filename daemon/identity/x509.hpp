// OpenSSL's certificates, for what has to hand one to OpenSSL itself.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string>
#include <string_view>

namespace holdfast::identity {

using Certificate = Handle<X509, X509_free>;
using Name = Handle<X509_NAME, X509_NAME_free>;
using Constraints = Handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free>;

// Corrupt where it is none, or more than one.
Result<Certificate> parse(std::string_view der);
std::string der_of(X509* certificate);

// Seconds since the epoch. Corrupt where there is none or it is none: "`what` cannot be read".
Result<std::int64_t> seconds(const ASN1_TIME* time, const char* what);
std::string hex_of(const ASN1_INTEGER* serial);  // big endian, as in Facts

}  // namespace holdfast::identity
