#include "base/digest.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdexcept>
#include <vector>

namespace holdfast {

struct Sha256::State {
    Handle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
};

namespace {

// Looking it up anew, as EVP_sha256() does at each use, takes longer than to digest a record.
const EVP_MD* kind() {
    static const Handle<EVP_MD, EVP_MD_free> fetched(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    return fetched.get();
}

// SHA-256 over memory fails only where OpenSSL itself is broken: a bug, not an input.
void require(int done) {
    if (done != 1) throw std::runtime_error("OpenSSL has no SHA-256");
}

}  // namespace

Sha256::Sha256() : state_(std::make_unique<State>()) {
    require(EVP_DigestInit_ex(state_->context.get(), kind(), nullptr));
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::add(std::string_view bytes) {
    require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()));
    return *this;
}

Sha256& Sha256::add(const Digest& digest) {
    require(EVP_DigestUpdate(state_->context.get(), digest.data(), digest.size()));
    return *this;
}

Digest Sha256::finish() {
    Digest digest{};
    require(EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr));
    return digest;
}

Digest sha256(std::string_view bytes) {
    Digest digest{};
    require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, kind(), nullptr));
    return digest;
}

std::string sha256_hex(std::string_view bytes) {
    return hex(sha256(bytes));
}

Result<Digest> digest_of(std::string_view digits) {
    const auto bytes = unhex(digits);
    if (!bytes || bytes->size() != sizeof(Digest))
        return fail(Code::Corrupt, "'" + std::string(digits) + "' is no SHA-256");
    Digest digest{};
    std::ranges::copy(*bytes, digest.begin());
    return digest;
}

Result<std::string> sha256_file(const std::filesystem::path& file) {
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::unexpected(system_error(errno, file, "cannot open"));
    Sha256 sum;
    std::vector<char> buffer(mebibyte);
    while (true) {
        const ssize_t n = ::read(fd.number(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, file, "cannot read"));
        if (n == 0) return hex(sum.finish());
        sum.add({buffer.data(), static_cast<std::size_t>(n)});
    }
}

}  // namespace holdfast
