#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "keys/keys.hpp"
#include "keys/module_signature.hpp"
#include "keys/token.hpp"

namespace holdfast::keys {

namespace {

namespace fs = std::filesystem;

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
    return write_whole(file, bytes + signature + signature_trailer(signature.size()));
}

}  // namespace holdfast::keys
