// The roots of those who make TPMs.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <openssl/types.h>
#include <span>
#include <string>

namespace holdfast::enroll {

// Read once, for many requests; copies share what was read.
class Manufacturers {
public:
    Manufacturers() : Manufacturers(std::span<const std::string>()) {}
    // Certificates in DER; what is none is left out.
    explicit Manufacturers(std::span<const std::string> roots);
    // Denied where none of them vouches for it at that time (seconds since the epoch), and why.
    Result<> check(X509* certificate, std::int64_t now) const;

private:
    std::shared_ptr<X509_STORE> roots_;
};

}  // namespace holdfast::enroll
