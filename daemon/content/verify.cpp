#include "base/file.hpp"
#include "content/glib.hpp"
#include "content/sysroot.hpp"

namespace holdfast::content {

namespace {

// libostree always adds the computer's own keyrings (/usr/share/ostree/trusted.gpg.d) to the one it is given;
// on a build host these may hold anybody's keys. This variable is its only way to say "none".
void trust_only_what_is_given() {
    [[maybe_unused]] static const bool once = g_setenv("OSTREE_GPG_HOME", "/nonexistent", TRUE);
}

Result<> readable_keyring(const std::filesystem::path& keyring) {
    const std::string bytes = TRY(in("keyring", read_whole(keyring, mebibyte)));
    if (bytes.empty()) return fail(Code::Denied, "keyring " + keyring.string() + " is empty");
    if (bytes.starts_with("-----BEGIN"))
        return fail(Code::Denied, "keyring " + keyring.string() +
                                      " is ASCII-armoured, which libostree would read as empty; export it binary "
                                      "(gpg --export without --armor)");
    return {};
}

Result<> accept(VerifyResult result, const Failure& failure, const std::string& what) {
    if (!result) return failure.as_error(what);
    Failure invalid;
    if (!ostree_gpg_verify_result_require_valid_signature(result.get(), &invalid))
        return fail(Code::Denied, what + ": no valid signature by a key of the keyring: " + invalid.what());
    return {};
}

}  // namespace

Result<> verify_commit(const std::filesystem::path& repo, const std::string& commit,
                       const std::filesystem::path& keyring) {
    trust_only_what_is_given();
    TRY(readable_keyring(keyring));
    const Repo opened = TRY(open_repo(repo));
    Failure failure;
    VerifyResult result(ostree_repo_verify_commit_ext(opened.get(), commit.c_str(), nullptr, file_at(keyring).get(),
                                                      nullptr, &failure));
    return accept(std::move(result), failure, "commit " + commit);
}

Result<> verify_detached(const std::filesystem::path& repo, std::string_view bytes, std::string_view signature,
                         const std::filesystem::path& keyring) {
    trust_only_what_is_given();
    TRY(readable_keyring(keyring));
    const Repo opened = TRY(open_repo(repo));
    const Bytes data(g_bytes_new_static(bytes.data(), bytes.size()));
    const Bytes signatures(g_bytes_new_static(signature.data(), signature.size()));
    Failure failure;
    VerifyResult result(ostree_repo_gpg_verify_data(opened.get(), nullptr, data.get(), signatures.get(), nullptr,
                                                    file_at(keyring).get(), nullptr, &failure));
    return accept(std::move(result), failure, "signature");
}

}  // namespace holdfast::content
