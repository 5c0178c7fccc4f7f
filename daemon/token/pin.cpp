#include "token/pin.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"

#include <array>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace holdfast::token {

namespace {

namespace fs = std::filesystem;

Result<std::string> read_pin(const fs::path& file) {
    std::string text = TRY(in("PIN", read_whole(file, pin_limit + 2)));
    std::string pin = text.substr(0, text.find_first_of("\r\n"));
    OPENSSL_cleanse(text.data(), text.size());
    if (pin.empty()) return fail(Code::Corrupt, file.string() + " holds no PIN on its first line");
    return pin;
}

enum class Typed { Once, Twice };

// `of`: what it is the PIN of.
Result<std::string> ask_pin(const std::string& of, const std::string& prompt, Typed typed_how) {
    // OpenSSL would read from stdin instead.
    if (!Fd(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)))
        return fail(Code::NotFound,
                    "there is no terminal to ask for the PIN of " + of + "; give a file: --pin-file FILE");
    std::array<char, pin_limit + 1> typed{};
    const int refused = EVP_read_pw_string(typed.data(), static_cast<int>(typed.size()), prompt.c_str(),
                                           typed_how == Typed::Twice ? 1 : 0);
    std::string pin = typed.data();
    OPENSSL_cleanse(typed.data(), typed.size());
    if (refused != 0 || pin.empty())
        return fail(Code::Denied,
                    "no PIN was given for " + of + (typed_how == Typed::Twice ? ", or not the same one twice" : ""));
    return pin;
}

}  // namespace

Pin pin_from(const fs::path& file) {
    return [file](const std::string& token) {
        const std::string of = "token '" + token + "'";
        return file.empty() ? ask_pin(of, "PIN of " + of + ": ", Typed::Once) : read_pin(file);
    };
}

Result<std::string> new_pin(const fs::path& file, const std::string& of) {
    return file.empty() ? ask_pin(of, "New PIN of " + of + ": ", Typed::Twice) : read_pin(file);
}

}  // namespace holdfast::token
