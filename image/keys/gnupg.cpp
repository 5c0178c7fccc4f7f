#include "keys/gnupg.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <string_view>
#include <unistd.h>

namespace holdfast::keys {

namespace {

namespace fs = std::filesystem;

// The fingerprints of the primary keys in gpg's listing (GnuPG's doc/DETAILS): an fpr record follows its pub or sec.
std::vector<std::string> fingerprints(std::string_view listing, std::string_view kind) {
    std::vector<std::string> found;
    bool primary = false;
    for (const auto& line : split(listing, '\n')) {
        const auto fields = split(line, ':');
        if (primary && fields[0] == "fpr" && fields.size() > 9) found.push_back(fields[9]);
        primary = fields[0] == kind;
    }
    return found;
}

}  // namespace

Result<Gnupg> Gnupg::open(const fs::path& home) {
    std::error_code failed;
    const fs::path target = fs::canonical(home, failed);
    if (failed) return std::unexpected(system_error(failed.value(), home, "cannot open"));
    Gnupg gnupg(TRY(Scratch::make("gpg")));
    fs::create_directory_symlink(target, gnupg.path(), failed);
    if (failed) return std::unexpected(system_error(failed.value(), gnupg.path(), "cannot link"));
    return gnupg;
}

Gnupg::~Gnupg() {
    if (!scratch_.path().empty())
        static_cast<void>(holdfast::run({"gpgconf", "--homedir", path().string(), "--kill", "all"}));
}

Result<std::string> Gnupg::run(const Arguments& arguments) const {
    Arguments all{"gpg", "--homedir", path().string(), "--batch", "--quiet", "--no-tty"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_or_fail(all);
}

Result<std::vector<std::string>> Gnupg::secret_keys() const {
    return fingerprints(TRY(run({"--with-colons", "--list-secret-keys"})), "sec");
}

Result<std::vector<std::string>> Gnupg::keys_in(const fs::path& keyring) const {
    return fingerprints(TRY(run({"--with-colons", "--show-keys", keyring.string()})), "pub");
}

}  // namespace holdfast::keys
