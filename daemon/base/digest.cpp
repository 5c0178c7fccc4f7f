#include "base/digest.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <vector>

namespace holdfast {

Sha256 sha256(std::string_view bytes) {
    Sha256 digest{};
    ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
    return digest;
}

std::string sha256_hex(std::string_view bytes) {
    return hex(sha256(bytes));
}

Result<std::string> sha256_hex_of_file(const std::filesystem::path& file) {
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::unexpected(system_error(errno, file, "cannot open"));
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
    std::vector<unsigned char> buffer(mebibyte);
    for (;;) {
        const ssize_t n = ::read(fd.number(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, file, "cannot read"));
        if (n == 0) break;
        EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(n));
    }
    Sha256 digest{};
    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
    return hex(digest);
}

}  // namespace holdfast
