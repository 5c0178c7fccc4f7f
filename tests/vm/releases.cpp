#include "vm/releases.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "boot/pe.hpp"
#include "compose/cpio.hpp"
#include "compose/uki.hpp"
#include "content/facts.hpp"
#include "content/packing.hpp"
#include "content/sysroot.hpp"
#include "inspect/inspect.hpp"
#include "measure/measurements.hpp"
#include "publish/publish.hpp"

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

constexpr auto boot_folder = "usr/lib/holdfast/boot";
constexpr auto uki_path = "usr/lib/holdfast/boot/holdfast.efi";
constexpr auto release_path = "usr/lib/holdfast/release.json";

Result<> lay(const fs::path& folder, const std::vector<ReleaseFile>& files) {
    for (const auto& file : files) {
        TRY(make_directories((folder / file.path).parent_path()));
        TRY(write_whole(folder / file.path, file.bytes, file.mode));
    }
    return {};
}

Result<std::string> ostree(const fs::path& repo, Arguments words) {
    words.insert(words.begin() + 1, "--repo=" + repo.string());
    words.insert(words.begin(), "ostree");
    return run_or_fail(words);
}

Result<std::string> with_version(const std::string& text, const std::string& version) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return fail(Code::Corrupt, "release.json is no JSON");
    json["version"] = version;
    return json.dump();
}

Result<fs::path> section(const boot::Pe& pe, const char* name, const fs::path& into) {
    const auto* found = pe.section(name);
    if (!found) return fail(Code::NotFound, std::string("the UKI has no section ") + name);
    TRY(write_whole(into / (name + 1), found->contents()));
    return into / (name + 1);
}

}  // namespace

Result<Releases> Releases::open(const Image& image, const fs::path& scratch, const fs::path& key_folder) {
    Releases releases(TRY(keys::open(key_folder)), scratch);
    const auto papers = TRY(inspect::papers(image.folder));
    releases.ref_ = papers.value("ref", "");
    releases.base_ = papers.value("commit", "");
    const auto facts = TRY(content::facts_of(image.folder / "repo", releases.base_));
    releases.time_ = facts.time;
    const fs::path repo = scratch / "repo";
    TRY(make_directories(repo));
    TRY(ostree(repo, {"init", "--mode=archive"}));
    TRY(ostree(repo, {"pull-local", (image.folder / "repo").string(), releases.base_}));
    TRY(releases.publish(image.folder));
    return releases;
}

Result<> Releases::add_uki(const NewRelease& release, const fs::path& overlay) {
    if (release.initrd.empty() && release.cmdline.empty()) return {};
    const fs::path work = scratch_ / "uki";
    TRY(remove_tree(work));
    TRY(make_directories(work / "more"));
    TRY(make_directories((overlay / uki_path).parent_path()));
    const std::string bytes = TRY(content::read_file(scratch_ / "repo", base_, uki_path, 512 * mebibyte));
    const auto pe = TRY(boot::Pe::parse(bytes));
    TRY(lay(work / "more", release.initrd));
    const fs::path initrd = TRY(section(pe, ".initrd", work));
    const std::string before = TRY(read_whole(initrd, 512 * mebibyte)), more = TRY(compose::cpio_of(work / "more"));
    // The kernel unpacks one archive over the other.
    const std::string packed = TRY(content::pack(content::Packing::Zstd, more));
    TRY(write_whole(initrd, before + packed));
    const std::string cmdline(trim(pe.section(".cmdline")->contents()).data());
    const compose::UkiParts parts{.linux_image = TRY(section(pe, ".linux", work)),
                                  .initrd = initrd,
                                  .os_release = TRY(section(pe, ".osrel", work)),
                                  .microcode = {},
                                  .cmdline = cmdline + (release.cmdline.empty() ? "" : " " + release.cmdline),
                                  .kernel_version = std::string(trim(pe.section(".uname")->contents()).data()),
                                  .architecture = "x86-64",
                                  .pcr_keys = TRY(keys::pcr_keys(keys_.directory()))};
    const std::string newest = TRY(read_whole(parts.pcr_keys.front().open));
    TRY(write_whole(overlay / boot_folder / "pcr.pub", newest));
    return compose::build_uki(parts, {keys_, std::to_string(time_)}, overlay / uki_path);
}

Result<fs::path> Releases::make(const NewRelease& release) {
    const std::string name = "release-" + release.version + (release.ref ? "-other" : "");
    const fs::path overlay = scratch_ / (name + ".tree"), folder = scratch_ / name, repo = scratch_ / "repo";
    TRY(lay(overlay, release.files));
    TRY(add_uki(release, overlay));
    const std::string papers = TRY(content::read_file(repo, base_, release_path, mebibyte));
    TRY(make_directories((overlay / release_path).parent_path()));
    const std::string paper = TRY(with_version(papers, release.version));
    TRY(write_whole(overlay / release_path, paper));
    const std::string ref = release.ref.value_or(ref_), measured = TRY(measurements(overlay));
    const std::string made = TRY(ostree(
        repo, {"commit", "--branch=" + ref, "--tree=ref=" + base_, "--tree=dir=" + overlay.string(), "--owner-uid=0",
               "--owner-gid=0", "--no-xattrs", "--timestamp=@" + std::to_string(time_ + release.time),
               "--subject=Holdfast " + release.version, "--add-metadata-string=version=" + release.version,
               "--add-metadata-string=holdfast.measurements=" + measured, "--add-metadata=holdfast.development=true",
               "--add-metadata=ostree.bootable=true", "--gpg-sign=" + keys_.fingerprint(),
               "--gpg-homedir=" + keys_.gnupg_home().string()}));
    const std::string commit(trim(made));
    TRY(make_directories(folder));
    std::error_code error;
    fs::create_directory_symlink(repo, folder / "repo", error);
    const Json json{{"format", 1}, {"ref", ref}, {"commit", commit}};
    TRY(write_whole(folder / (name + ".json"), json.dump()));
    return folder;
}

// What a box measures that starts it: the image's own boot files, but for a UKI that is laid over them.
Result<std::string> Releases::measurements(const fs::path& overlay) const {
    const fs::path repo = scratch_ / "repo", boot = fs::path(uki_path).parent_path(), work = overlay.string() + ".boot";
    if (!fs::exists(overlay / uki_path)) return TRY(content::facts_of(repo, base_)).measurements;
    TRY(make_directories(work));
    for (const auto* file : {"systemd-bootx64.efi", "slot-a.addon.efi", "slot-b.addon.efi"}) {
        const std::string bytes = TRY(content::read_file(repo, base_, (boot / file).string(), 512 * mebibyte));
        TRY(write_whole(work / file, bytes));
    }
    const Json values =
        TRY(measure::measurements({.systemd_boot = work / "systemd-bootx64.efi",
                                   .uki = overlay / uki_path,
                                   .addons = {{'a', work / "slot-a.addon.efi"}, {'b', work / "slot-b.addon.efi"}}}));
    TRY(remove_tree(work));
    return values.dump();
}

Result<> Releases::measure(const fs::path& folder) const {
    const Json papers = TRY(inspect::papers(folder));
    const auto facts = TRY(content::facts_of(folder / "repo", papers.value("commit", "")));
    return write_whole(folder / (folder.filename().string() + ".measurements.json"), facts.measurements);
}

Result<> Releases::publish(const fs::path& folder) {
    TRY(publish::publish({folder / "repo", ref_, repository(), 3, false}, keys_));
    return {};
}

Result<> Releases::bundle(const fs::path& folder, const fs::path& into, std::uint64_t split) {
    TRY(publish::carry({.from = folder / "repo",
                        .ref = ref_,
                        .repository = repository(),
                        .base = base_,
                        .others = {},
                        .split = split,
                        .into = into},
                       keys_));
    return {};
}

}  // namespace holdfast::vm
