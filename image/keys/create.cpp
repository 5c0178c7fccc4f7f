#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "keys/certificate.hpp"
#include "keys/keys.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace holdfast::keys {

namespace {

namespace fs = std::filesystem;

// The firmware accepts an update of a variable only if its time is newer than the last one's; these are the first.
constexpr auto list_time = "2024-01-01 00:00:00";

std::string title(const std::string& label, const std::string& name) {
    return label == development_label ? "Holdfast DEVELOPMENT " + name + " (not for production)"
                                      : "Holdfast " + label + " " + name;
}

// A GUID that says who owns a signature in db, drawn from the certificate itself (UEFI 2.10, EFI_SIGNATURE_DATA).
std::string owner_of(const std::string& certificate) {
    const std::string h = sha256_hex(certificate);
    return h.substr(0, 8) + "-" + h.substr(8, 4) + "-4" + h.substr(13, 3) + "-8" + h.substr(17, 3) + "-" + h.substr(20, 12);
}

Result<> make_secure_boot_key(const fs::path& directory, const std::string& label, const std::string& name) {
    const Pair pair = TRY(make_pair(title(label, name)));
    TRY(write_whole(directory / (name + ".key"), pair.key, 0600));
    TRY(write_whole(directory / (name + ".crt"), pair.certificate, 0600));
    TRY(run_or_fail({"cert-to-efi-sig-list", "-g", owner_of(pair.certificate), (directory / (name + ".crt")).string(),
                     (directory / (name + ".esl")).string()}));
    return {};
}

// Each list is signed by the key above it: PK by itself, KEK by PK, db by KEK.
// Made with efitools: firmware refuses what sbvarsign writes.
Result<> make_list(const fs::path& directory, const std::string& name, const std::string& signer) {
    const auto file = [&](const std::string& stem, const char* ending) { return (directory / (stem + ending)).string(); };
    TRY(run_or_fail({"sign-efi-sig-list", "-t", list_time, "-k", file(signer, ".key"), "-c", file(signer, ".crt"), name,
                     file(name, ".esl"), (directory / "auth" / (name + ".auth")).string()}));
    return {};
}

// gpg-agent would outlive us and hold on to the directory.
void stop_agent(const fs::path& home) {
    static_cast<void>(run({"gpgconf", "--homedir", home.string(), "--kill", "all"}));
}

Result<std::string> make_release_key(const fs::path& directory, const std::string& label) {
    const fs::path home = directory / "gnupg";
    TRY(make_directories(home));
    fs::permissions(home, fs::perms::owner_all);
    const Arguments gpg{"gpg", "--homedir", home.string(), "--batch", "--quiet"};
    const auto with = [&](const Arguments& more) {
        Arguments all = gpg;
        all.insert(all.end(), more.begin(), more.end());
        return run_or_fail(all);
    };
    TRY(with({"--passphrase", "", "--quick-gen-key", title(label, "release key"), "ed25519", "sign", "never"}));
    const std::string listing = TRY(with({"--with-colons", "--list-keys"}));
    const std::string keyring = TRY(with({"--export"}));
    stop_agent(home);
    TRY(write_whole(directory / "release.gpg", keyring, 0600));
    for (const auto& line : split(listing, '\n'))
        if (line.starts_with("fpr:")) return split(line, ':').at(9);
    return fail(Code::Bug, "gpg made no key");
}

Result<> make_all(const fs::path& directory, const std::string& label) {
    for (const auto* name : {"PK", "KEK", "db"}) TRY(make_secure_boot_key(directory, label, name));
    TRY(make_list(directory, "PK", "PK"));
    TRY(make_list(directory, "KEK", "PK"));
    TRY(make_list(directory, "db", "KEK"));
    const std::string fingerprint = TRY(make_release_key(directory, label));
    const nlohmann::ordered_json papers{{"format", 1}, {"label", label}, {"release_key", fingerprint}, {"db_key", "db.key"}};
    return write_whole(directory / "keys.json", papers.dump(2) + "\n", 0600);
}

}  // namespace

Result<> create(const fs::path& directory, const CreateOptions& options) {
    if (options.label.empty() || options.label.size() > 64)
        return fail(Code::Corrupt, "the label of a key directory has 1 to 64 characters");
    if (fs::exists(directory))
        return fail(Code::Denied, directory.string() + " exists; keys are never overwritten, choose another folder");
    // Made under another name, so that a directory with the final name is always whole.
    const fs::path fresh = directory.string() + ".new";
    TRY(remove_tree(fresh));
    TRY(make_directories(fresh.parent_path().empty() ? "." : fresh.parent_path()));
    if (::mkdir(fresh.c_str(), 0700) < 0) return std::unexpected(system_error(errno, fresh, "cannot make"));
    TRY(make_directories(fresh / "auth"));
    fs::permissions(fresh / "auth", fs::perms::owner_all);
    if (auto made = in("making keys", make_all(fresh, options.label)); !made) {
        static_cast<void>(remove_tree(fresh));
        return made;
    }
    return move_to(fresh, directory);
}

}  // namespace holdfast::keys
