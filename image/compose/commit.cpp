#include "compose/commit.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace holdfast::compose {

namespace {

namespace fs = std::filesystem;

Result<> make_repository(const fs::path& repository, const std::string& mode) {
    if (fs::exists(repository / "config")) return {};
    TRY(make_directories(repository));
    TRY(run_or_fail({"ostree", "init", "--repo=" + repository.string(), "--mode=" + mode}));
    return {};
}

// A GVariant string in text form: single quotes, with backslash and quote escaped.
std::string variant(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') quoted += '\\';
        if (c == '\n') {
            quoted += "\\n";
            continue;
        }
        quoted += c;
    }
    return quoted + "'";
}

}  // namespace

Result<std::string> commit(const CommitParts& parts, const keys::Keys& keys, const fs::path& repository) {
    TRY(make_repository(repository, "bare"));
    const std::string out = TRY(
        in("ostree commit",
           run_or_fail({"ostree", "commit", "--repo=" + repository.string(), "--branch=" + parts.reference,
                        "--tree=dir=" + parts.tree.string(), "--subject=Holdfast " + parts.version,
                        "--timestamp=@" + parts.time, "--no-xattrs", "--add-metadata-string=version=" + parts.version,
                        "--add-metadata=holdfast.measurements=" + variant(parts.measurements),
                        std::string("--add-metadata=holdfast.development=") + (parts.development ? "true" : "false"),
                        "--add-metadata=ostree.bootable=true", "--gpg-sign=" + keys.fingerprint(),
                        "--gpg-homedir=" + keys.gnupg_home().string()})));
    return std::string(trim(out));
}

Result<std::string> content_checksum(const fs::path& repository, const std::string& commit) {
    const std::string out = TRY(run_or_fail({"ostree", "show", "--repo=" + repository.string(), commit}));
    for (const auto& line : split(out, '\n'))
        if (line.starts_with("ContentChecksum:")) return std::string(trim(line.substr(line.find(':') + 1)));
    return fail(Code::Bug, "ostree show says no ContentChecksum for " + commit);
}

Result<> publish(const fs::path& bare, const std::string& reference, const fs::path& archive) {
    TRY(make_repository(archive, "archive"));
    // Level 3 is 6 % larger than the default and takes half the time.
    TRY(run_or_fail({"ostree", "config", "--repo=" + archive.string(), "set", "archive.zlib-level", "3"}));
    TRY(in("ostree pull-local", run_or_fail({"ostree", "pull-local", "--repo=" + archive.string(), "--disable-fsync",
                                             bare.string(), reference})));
    TRY(run_or_fail({"ostree", "summary", "--repo=" + archive.string(), "--update"}));
    return {};
}

}  // namespace holdfast::compose
