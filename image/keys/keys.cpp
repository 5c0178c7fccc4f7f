#include "keys/keys.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "keys/certificate.hpp"
#include "keys/gnupg.hpp"
#include "keys/lists.hpp"
#include "keys/private.hpp"
#include "keys/token.hpp"

#include <algorithm>
#include <sys/stat.h>

namespace holdfast::keys {

namespace {

namespace fs = std::filesystem;

Result<> check_all_private(const fs::path& directory) {
    TRY(check_private(directory, directory));
    for (const auto& part : {"keys.json", "PK.key", "KEK.key", "db.key", "gnupg", "gnupg/private-keys-v1.d"})
        if (fs::exists(directory / part)) TRY(check_private(directory / part, directory));
    std::error_code none;  // a release key on a smart card leaves no such folder
    for (const auto& entry : fs::directory_iterator(directory / "gnupg/private-keys-v1.d", none))
        TRY(check_private(entry.path(), directory));
    return {};
}

// keys.json.
struct Papers {
    std::string label, release_key, db_key, pkcs11_module;
};

Result<Papers> parse_papers(const std::string& text) {
    const Json json = TRY(json::parse(text, mebibyte));
    TRY(json::only(json, {"format", "label", "release_key", "db_key", "pkcs11_module"}));
    if (!json.contains("format") || json["format"] != 1)
        return fail(Code::Corrupt, "must hold format 1, label, release_key and db_key, as 'keys create' writes them");
    Papers papers{TRY(json::text(json, "label", 64)),
                  TRY(json::text(json, "release_key", 64)),
                  TRY(json::text(json, "db_key", 4096)),
                  {}};
    if (json.contains("pkcs11_module")) papers.pkcs11_module = TRY(json::text(json, "pkcs11_module", 4096));
    if (papers.label.empty()) return fail(Code::Corrupt, "the label is empty");
    return papers;
}

Result<> check_parts(const Keys& keys, const fs::path& directory) {
    for (const auto& part : {keys.certificate("db"), keys.keyring(), directory / "auth/PK.auth",
                             directory / "auth/KEK.auth", directory / "auth/db.auth", directory / "gnupg"})
        if (!fs::exists(part)) return fail(Code::NotFound, "the key directory lacks " + part.string());
    if (!keys.on_token() && !fs::exists(keys.db_key()))
        return fail(Code::NotFound, "the key directory lacks " + keys.db_key());
    return {};
}

Result<> check_release_key(const Keys& keys, const Gnupg& gnupg) {
    const auto known = TRY(in(keys.keyring().string(), gnupg.keys_in(keys.keyring())));
    if (std::ranges::find(known, keys.fingerprint()) == known.end())
        return fail(Code::Corrupt, keys.keyring().string() + " does not hold the release key " + keys.fingerprint() +
                                       " that keys.json names");
    const auto secret = TRY(gnupg.secret_keys());
    if (std::ranges::find(secret, keys.fingerprint()) == secret.end())
        return fail(Code::NotFound, (keys.directory() / "gnupg").string() +
                                        " lacks the secret half of the release key " + keys.fingerprint());
    return {};
}

// osslsigncode, and not sbsign or systemd-sbsign: those write the time of day into the signature, and the same
// image would get other bytes each time it is built.
Arguments signing_arguments(const Keys& keys) {
    Arguments arguments{"osslsigncode", "sign",       "-h", "sha256", "-certs", keys.certificate("db").string(),
                        "-key",         keys.db_key()};
    if (keys.on_token())
        arguments.insert(arguments.end(), {"-pkcs11engine", pkcs11_engine, "-pkcs11module", keys.pkcs11_module()});
    return arguments;
}

}  // namespace

Result<> check_private(const fs::path& path, const fs::path& directory) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) < 0) return std::unexpected(system_error(errno, path, "cannot look at"));
    if (S_ISLNK(status.st_mode) || S_ISSOCK(status.st_mode) || !(status.st_mode & 077)) return {};
    return fail(Code::Denied,
                path.string() + " can be read by others; run 'chmod -R go-rwx " + directory.string() + "'");
}

Result<Keys> open(const fs::path& directory) {
    if (!fs::is_directory(directory))
        return fail(Code::NotFound, "there is no key directory " + directory.string() +
                                        "; make one with 'holdfast-image keys create " + directory.string() + "'");
    const auto file = directory / "keys.json";
    if (!fs::exists(file))
        return fail(Code::NotFound, directory.string() +
                                        " is no key directory: it has no keys.json; give one that "
                                        "'holdfast-image keys create' made");
    TRY(check_all_private(directory));
    const std::string text = TRY(read_whole(file, mebibyte));
    const auto papers = TRY(in(file.string(), parse_papers(text)));
    Keys keys;
    keys.directory_ = directory;
    keys.label_ = papers.label;
    keys.fingerprint_ = papers.release_key;
    keys.db_key_ = papers.db_key;
    keys.pkcs11_module_ = papers.pkcs11_module;
    if (keys.on_token() && keys.pkcs11_module_.empty())
        return fail(Code::NotFound,
                    file.string() + ": db_key is on a token; add \"pkcs11_module\": the path of the token's library");
    if (!keys.on_token()) keys.db_key_ = (directory / keys.db_key_).string();
    TRY(check_parts(keys, directory));
    const auto certificate = TRY(read_certificate(keys.certificate("db")));
    if (!keys.on_token()) TRY(check_belongs(keys.db_key_, certificate));
    TRY(refresh_lists(directory));
    keys.gnupg_ = std::make_shared<const Gnupg>(TRY(Gnupg::open(directory / "gnupg")));
    TRY(check_release_key(keys, *keys.gnupg_));
    return keys;
}

fs::path Keys::gnupg_home() const {
    return gnupg_->path();
}

Result<> sign_pe(const Keys& keys, const fs::path& program, const fs::path& into, const std::string& time) {
    TRY(remove_tree(into));
    Arguments arguments = signing_arguments(keys);
    arguments.insert(arguments.end(), {"-time", time, "-in", program.string(), "-out", into.string()});
    TRY(in("signing " + program.filename().string(), run_or_fail(arguments)));
    TRY(in("checking the signature of " + into.filename().string(),
           run_or_fail({"sbverify", "--cert", keys.certificate("db").string(), into.string()})));
    return {};
}

Result<> sign_detached(const Keys& keys, const fs::path& file, const fs::path& into) {
    TRY(in(
        "signing " + file.filename().string(),
        run_or_fail({"gpg", "--homedir", keys.gnupg_home().string(), "--batch", "--quiet", "--yes", "--armor",
                     "--local-user", keys.fingerprint(), "--output", into.string(), "--detach-sign", file.string()})));
    return {};
}

}  // namespace holdfast::keys
