#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "keys/keys.hpp"
#include "keys/token.hpp"

#include <cstdint>

namespace holdfast::keys {

namespace {

namespace fs = std::filesystem;

// include/linux/module_signature.h: after the signature comes this structure, then the words below. Of its bytes only
// the kind of the signature and its length (big-endian, the last four) are not zero.
constexpr std::string_view magic = "~Module signature appended~\n";
constexpr std::size_t descriptor_size = 12;
constexpr std::size_t kind_at = 2;
constexpr char pkcs7 = 2;

std::size_t length_in(std::string_view descriptor) {
    std::size_t length = 0;
    for (const char c : descriptor.substr(descriptor_size - 4)) length = length << 8 | static_cast<std::uint8_t>(c);
    return length;
}

std::string descriptor_of(std::size_t length) {
    std::string descriptor(descriptor_size, '\0');
    descriptor[kind_at] = pkcs7;
    for (std::size_t i = 0; i < 4; ++i)
        descriptor[descriptor_size - 1 - i] = static_cast<char>(length >> (8 * i) & 0xff);
    return descriptor;
}

// As the kernel's scripts/sign-file does: no certificates and no attributes, so no time either.
Arguments cms_arguments(const Keys& keys, const fs::path& module, const fs::path& into) {
    Arguments arguments{"openssl",
                        "cms",
                        "-sign",
                        "-binary",
                        "-noattr",
                        "-nocerts",
                        "-nosmimecap",
                        "-md",
                        "sha256",
                        "-outform",
                        "DER",
                        "-signer",
                        keys.certificate("db").string(),
                        "-inkey",
                        keys.db_key(),
                        "-in",
                        module.string(),
                        "-out",
                        into.string()};
    if (keys.on_token()) arguments.insert(arguments.end(), {"-engine", "pkcs11", "-keyform", "engine"});
    return arguments;
}

}  // namespace

Result<std::string> without_signatures(std::string module) {
    while (module.ends_with(magic)) {
        const std::size_t end = module.size() - magic.size();
        if (end < descriptor_size) return fail(Code::Corrupt, "a module signature without its descriptor");
        const std::size_t length = length_in(std::string_view(module).substr(end - descriptor_size, descriptor_size));
        if (length > end - descriptor_size) return fail(Code::Corrupt, "a module signature larger than its module");
        module.resize(end - descriptor_size - length);
    }
    return module;
}

Result<> sign_module(const Keys& keys, const fs::path& file) {
    const auto scratch = TRY(Scratch::make("module"));
    std::string bytes = TRY(read_whole(file, 1024 * mebibyte));
    bytes = TRY(in(file.string(), without_signatures(std::move(bytes))));
    TRY(write_whole(scratch.path() / "module", bytes));
    RunOptions options;
    if (keys.on_token())
        options.environment = {"PKCS11_MODULE_PATH=" + keys.pkcs11_module(),
                               std::string("OPENSSL_ENGINES=") + fs::path(pkcs11_engine).parent_path().string()};
    TRY(in("signing " + file.filename().string(),
           run_or_fail(cms_arguments(keys, scratch.path() / "module", scratch.path() / "signature"), options)));
    const std::string signature = TRY(read_whole(scratch.path() / "signature"));
    TRY(in("checking the signature of " + file.filename().string(),
           run_or_fail({"openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in",
                        (scratch.path() / "signature").string(), "-content", (scratch.path() / "module").string(),
                        "-certfile", keys.certificate("db").string(), "-noverify", "-nointern", "-out", "/dev/null"})));
    bytes += signature + descriptor_of(signature.size());
    bytes += magic;
    return write_whole(file, bytes);
}

}  // namespace holdfast::keys
