#include "keys/keys.hpp"

#include "base/file.hpp"
#include "base/process.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace holdfast::keys {

namespace {

namespace fs = std::filesystem;

constexpr auto pkcs11_engine = "/usr/lib/x86_64-linux-gnu/engines-3/pkcs11.so";

Result<> check_private(const fs::path& path, const fs::path& directory) {
    struct stat status{};
    if (::lstat(path.c_str(), &status) < 0) return std::unexpected(system_error(errno, path, "cannot look at"));
    if (S_ISLNK(status.st_mode) || S_ISSOCK(status.st_mode) || !(status.st_mode & 077)) return {};
    return fail(Code::Denied, path.string() + " can be read by others; run 'chmod -R go-rwx " + directory.string() + "'");
}

Result<> check_all_private(const fs::path& directory) {
    TRY(check_private(directory, directory));
    // What gpg makes for itself inside its home is as private as the home is.
    TRY(check_private(directory / "gnupg", directory));
    for (const auto& entry : fs::directory_iterator(directory)) {
        const bool secret = entry.path().extension() == ".key" || entry.path().filename() == "keys.json";
        if (secret) TRY(check_private(entry.path(), directory));
    }
    return {};
}

Result<nlohmann::json> read_papers(const fs::path& directory) {
    const std::string text = TRY(read_whole(directory / "keys.json", mebibyte));
    auto json = nlohmann::json::parse(text, nullptr, false);
    const bool good = json.is_object() && json.value("format", 0) == 1 && json.value("label", nlohmann::json()).is_string() &&
                      json.value("release_key", nlohmann::json()).is_string() &&
                      json.value("db_key", nlohmann::json()).is_string() &&
                      json.value("pkcs11_module", nlohmann::json("")).is_string();
    if (!good)
        return fail(Code::Corrupt, (directory / "keys.json").string() +
                                       ": must hold format 1, label, release_key and db_key, as 'keys create' writes them");
    return json;
}

// osslsigncode, and not sbsign or systemd-sbsign: those write the time of day into the signature, and the same
// image would get other bytes each time it is built.
Arguments signing_arguments(const Keys& keys) {
    Arguments arguments{"osslsigncode", "sign", "-h", "sha256", "-certs", keys.certificate("db").string(), "-key", keys.db_key()};
    if (keys.on_token())
        arguments.insert(arguments.end(), {"-pkcs11engine", pkcs11_engine, "-pkcs11module", keys.pkcs11_module()});
    return arguments;
}

}  // namespace

Result<Keys> open(const fs::path& directory) {
    if (!fs::is_directory(directory))
        return fail(Code::NotFound, "there is no key directory " + directory.string() +
                                        "; make one with 'holdfast-image keys create " + directory.string() + "'");
    TRY(check_all_private(directory));
    const auto papers = TRY(read_papers(directory));
    Keys keys;
    keys.directory_ = directory;
    keys.label_ = papers["label"].get<std::string>();
    keys.fingerprint_ = papers["release_key"].get<std::string>();
    keys.db_key_ = papers["db_key"].get<std::string>();
    keys.pkcs11_module_ = papers.value("pkcs11_module", std::string());
    if (keys.on_token() && keys.pkcs11_module_.empty())
        return fail(Code::NotFound, (directory / "keys.json").string() +
                                        ": db_key is on a token; add \"pkcs11_module\": the path of the token's library");
    if (!keys.on_token()) keys.db_key_ = (directory / keys.db_key_).string();
    for (const auto& part : {keys.certificate("db"), keys.keyring(), directory / "auth/PK.auth", directory / "auth/KEK.auth",
                             directory / "auth/db.auth", keys.gnupg_home()})
        if (!fs::exists(part)) return fail(Code::NotFound, "the key directory lacks " + part.string());
    if (!keys.on_token() && !fs::exists(keys.db_key_)) return fail(Code::NotFound, "the key directory lacks " + keys.db_key_);
    return keys;
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
    TRY(in("signing " + file.filename().string(),
           run_or_fail({"gpg", "--homedir", keys.gnupg_home().string(), "--batch", "--quiet", "--yes", "--armor", "--local-user",
                        keys.fingerprint(), "--output", into.string(), "--detach-sign", file.string()})));
    return {};
}

}  // namespace holdfast::keys
