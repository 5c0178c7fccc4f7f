#include "base/file.hpp"
#include "base/process.hpp"
#include "keys/certificate.hpp"
#include "keys/gnupg.hpp"
#include "keys/keys.hpp"
#include "keys/lists.hpp"
#include "keys/pcr.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>

namespace holdfast::keys {

namespace {

namespace fs = std::filesystem;

std::string title(const std::string& label, const std::string& name) {
    return label == development_label ? "Holdfast DEVELOPMENT " + name + " (not for production)"
                                      : "Holdfast " + label + " " + name;
}

Result<> make_secure_boot_key(const fs::path& directory, const std::string& label, const std::string& name) {
    const Pair pair = TRY(make_pair(title(label, name)));
    TRY(write_whole(directory / (name + ".key"), pair.key, 0600));
    return write_whole(directory / (name + ".crt"), pair.certificate, 0600);
}

Result<std::string> make_release_key(const fs::path& directory, const std::string& label) {
    const fs::path home = directory / "gnupg";
    TRY(make_directories(home));
    fs::permissions(home, fs::perms::owner_all);
    const auto gnupg = TRY(Gnupg::open(home));
    TRY(gnupg.run({"--passphrase", "", "--quick-gen-key", title(label, "release key"), "ed25519", "sign", "never"}));
    const std::string keyring = TRY(gnupg.run({"--export"}));
    TRY(write_whole(directory / "release.gpg", keyring, 0600));
    const auto made = TRY(gnupg.secret_keys());
    for (const auto& entry : fs::recursive_directory_iterator(home))  // gpg makes its public files for all to read
        if (entry.is_regular_file()) fs::permissions(entry.path(), fs::perms::owner_read | fs::perms::owner_write);
    if (made.size() != 1) return fail(Code::Bug, "gpg made " + std::to_string(made.size()) + " keys instead of one");
    return made.front();
}

Result<> make_all(const fs::path& directory, const std::string& label) {
    for (const auto* name : {"PK", "KEK", "db"}) TRY(make_secure_boot_key(directory, label, name));
    TRY(make_lists(directory));
    TRY(add_pcr_key(directory));
    const std::string fingerprint = TRY(make_release_key(directory, label));
    const nlohmann::ordered_json papers{
        {"format", 1}, {"label", label}, {"release_key", fingerprint}, {"db_key", "db.key"}};
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
