#include "inspect/inspect.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "content/sysroot.hpp"
#include "install/medium.hpp"
#include "keys/keys.hpp"

namespace holdfast::inspect {

namespace {

namespace fs = std::filesystem;

constexpr auto boot_folder = "/usr/lib/holdfast/boot";

std::string stem(const fs::path& image) {
    const fs::path folder = image.filename().empty() ? image.parent_path() : image;
    return folder.filename().string();
}

fs::path repository(const fs::path& image) {
    return image / "repo";
}

Result<std::string> commit_of(const fs::path& image) {
    const auto read = TRY(papers(image));
    return read.at("commit").get<std::string>();
}

Result<Finding> check_commit(const fs::path& image, const std::string& commit, const keys::Keys& keys) {
    const auto verified = content::verify_commit(repository(image), commit, keys.keyring());
    if (verified)
        return Finding{true,
                       "the commit " + commit.substr(0, 16) + "… is signed by the release key " + keys.fingerprint()};
    if (verified.error().code != Code::Denied) return std::unexpected(verified.error());
    return Finding{false, verified.error().what};
}

Result<Finding> check_efi(const fs::path& image, const std::string& commit, const std::string& name,
                          const keys::Keys& keys, const fs::path& scratch) {
    const std::string bytes =
        TRY(content::read_file(repository(image), commit, std::string(boot_folder) + "/" + name, 512 * mebibyte));
    TRY(write_whole(scratch / name, bytes));
    const auto done = TRY(run({"sbverify", "--cert", keys.certificate("db").string(), (scratch / name).string()}));
    return Finding{done.exit == 0,
                   name + (done.exit == 0 ? " is signed by the db key" : " is NOT signed by the db key")};
}

Result<Finding> check_measurements(const fs::path& image, const std::string& commit) {
    const std::string beside = TRY(read_whole(image / (stem(image) + ".measurements.json")));
    const std::string inside = TRY(run_or_fail({"ostree", "show", "--repo=" + repository(image).string(),
                                                "--print-metadata-key=holdfast.measurements", commit}));
    // ostree prints a GVariant string: quoted, with the quotes inside escaped.
    const auto wanted = nlohmann::json::parse(beside, nullptr, false);
    std::string text(trim(inside));
    if (text.size() >= 2) text = text.substr(1, text.size() - 2);
    const bool same = !wanted.is_discarded() && nlohmann::json::parse(text, nullptr, false) == wanted;
    return Finding{same, same ? "the measurements beside the image are the signed ones"
                              : "the measurements beside the image are NOT the signed ones"};
}

Result<Finding> check_repository(const fs::path& image) {
    const auto done = TRY(run({"ostree", "fsck", "--quiet", "--repo=" + repository(image).string()}));
    if (done.exit == 0) return Finding{true, "every object of the repository is what its name says"};
    return Finding{false, "the repository is damaged: " + std::string(trim(done.errors))};
}

Result<Finding> check_file(const fs::path& image, const install::Sum& sum) {
    const fs::path file = image / sum.file;
    if (!fs::is_regular_file(file)) return Finding{false, sum.file.string() + " is missing"};
    const std::string digest = TRY(sha256_file(file));
    const bool same = digest == sum.sha256;
    return Finding{same, sum.file.string() + (same ? " is what was signed" : " is NOT what was signed")};
}

// The disk, the installer and the papers beside them.
Result<std::vector<Finding>> check_files(const fs::path& image, const keys::Keys& keys) {
    const fs::path list = image / "SHA256SUMS";
    if (!fs::exists(list)) return std::vector{Finding{false, "SHA256SUMS is missing: nothing vouches for the files"}};
    const auto done = TRY(run({"gpgv", "--keyring", keys.keyring().string(), list.string() + ".asc", list.string()}));
    if (done.exit != 0) return std::vector{Finding{false, "SHA256SUMS is NOT signed by the release key"}};
    std::vector<Finding> findings{{true, "SHA256SUMS is signed by the release key"}};
    const std::string text = TRY(read_whole(list, install::sums_limit));
    for (const auto& sum : TRY(in(list.string(), install::parse_sums(text))))
        findings.push_back(TRY(check_file(image, sum)));
    return findings;
}

Result<std::vector<std::string>> listing(const fs::path& image) {
    const std::string commit = TRY(commit_of(image));
    const std::string out =
        TRY(run_or_fail({"ostree", "ls", "-R", "-C", "--repo=" + repository(image).string(), commit}));
    return split(trim(out), '\n');
}

std::string path_in(const std::string& line) {
    const auto slash = line.find(" /");
    return slash == std::string::npos ? line : line.substr(slash + 1);
}

bool is_folder(const std::string& line) {
    return line.starts_with('d');
}

}  // namespace

Result<nlohmann::ordered_json> papers(const fs::path& image) {
    const fs::path file = image / (stem(image) + ".json");
    if (!fs::is_directory(image))
        return fail(Code::NotFound, "there is no image folder " + image.string() +
                                        "; give one of build/images, such as './dev image' names");
    if (!fs::exists(file))
        return fail(Code::NotFound, image.string() + " is no image folder: it has no " + stem(image) +
                                        ".json; give a folder that './dev image' made, under the name it made it");
    const std::string text = TRY(read_whole(file, mebibyte));
    auto json = nlohmann::ordered_json::parse(text, nullptr, false);
    if (json.is_discarded() || !json.is_object() || !json.value("commit", nlohmann::ordered_json()).is_string())
        return fail(Code::Corrupt, file.string() + " is not what a build writes; build the image again");
    return json;
}

Result<std::vector<Finding>> verify(const fs::path& image, const fs::path& key_directory) {
    const auto keys = TRY(keys::open(key_directory));
    const std::string commit = TRY(commit_of(image));
    std::string name = "/tmp/holdfast-verify-XXXXXX";
    const fs::path scratch = ::mkdtemp(name.data());
    std::vector<Finding> findings;
    auto look = [&]() -> Result<> {
        findings.push_back(TRY(check_repository(image)));
        if (!findings.back().good) return {};  // what cannot be read cannot be looked at
        findings.push_back(TRY(check_commit(image, commit, keys)));
        const auto names = TRY(content::list_folder(repository(image), commit, boot_folder));
        for (const auto& each : names)
            if (each.ends_with(".efi")) findings.push_back(TRY(check_efi(image, commit, each, keys, scratch)));
        findings.push_back(TRY(check_measurements(image, commit)));
        for (auto& finding : TRY(check_files(image, keys))) findings.push_back(std::move(finding));
        return {};
    };
    auto looked = look();
    static_cast<void>(remove_tree(scratch));
    if (!looked) return std::unexpected(looked.error());
    return findings;
}

Result<std::string> first_difference(const fs::path& a, const fs::path& b) {
    const auto left = TRY(listing(a));
    const auto right = TRY(listing(b));
    // A folder's line carries the digest of all below it, so the first file that differs says more.
    for (std::size_t i = 0, j = 0; i < left.size() || j < right.size();) {
        if (i < left.size() && j < right.size() && path_in(left[i]) == path_in(right[j])) {
            if (left[i] != right[j] && !(is_folder(left[i]) && is_folder(right[j])))
                return path_in(left[i]) + "\n  " + left[i] + "\n  " + right[j];
            ++i, ++j;
            continue;
        }
        const bool only_left = j == right.size() || (i < left.size() && path_in(left[i]) < path_in(right[j]));
        return only_left ? path_in(left[i]) + "\n  only in the first: " + left[i]
                         : path_in(right[j]) + "\n  only in the second: " + right[j];
    }
    for (std::size_t i = 0; i < left.size(); ++i)
        if (left[i] != right[i]) return path_in(left[i]) + "\n  " + left[i] + "\n  " + right[i];
    return std::string();
}

}  // namespace holdfast::inspect
