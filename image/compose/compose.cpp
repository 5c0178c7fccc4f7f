#include "compose/compose.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "boot/architecture.hpp"
#include "compose/commit.hpp"
#include "compose/cpio.hpp"
#include "compose/disk.hpp"
#include "compose/iso.hpp"
#include "compose/layout.hpp"
#include "compose/libraries.hpp"
#include "compose/modules.hpp"
#include "compose/sums.hpp"
#include "compose/uki.hpp"
#include "content/packing.hpp"
#include "measure/measurements.hpp"
#include "sbom/sbom.hpp"

#include <functional>
#include <future>
#include <nlohmann/json.hpp>

namespace holdfast::compose {

namespace {

namespace fs = std::filesystem;
using recipe::Recipe;
using recipe::Trees;

// A build: what it is given, and the folders it works in.
struct Build {
    const Recipe& recipe;
    const Options& options;
    keys::Keys keys;
    Trees trees;
    fs::path out;      // gets its final name once it is whole
    fs::path scratch;  // thrown away
    fs::path tree;     // the root tree; it is laid out in place
    std::string kernel;

    bool development() const { return recipe.profile.development || keys.development(); }
    Signer signer() const { return {keys, options.at.seed_time}; }
    fs::path boot_files() const { return tree / "usr/lib/holdfast/boot"; }
    fs::path file(const std::string& ending) const { return out / (recipe.name() + ending); }
};

// A system in memory: mkosi's archive, the kernel modules it needs and files of our own, in one zstd frame.
Result<> write_memory_system(const Build& build, const fs::path& archive, const std::vector<std::string>& modules,
                             const fs::path& extra, const fs::path& into) {
    TRY(gather_modules(build.tree, build.kernel, modules, extra));
    std::string bytes = TRY(read_whole(archive, 1024 * mebibyte));
    bytes += TRY(cpio_of(extra));
    // As a box can do it again: its updates then bring the few files that changed, not the whole archive.
    const std::string packed = TRY(content::pack(content::Packing::Zstd, bytes));
    return write_whole(into, packed);
}

Result<fs::path> microcode_of(const Build& build) {
    if (build.recipe.board.microcode.empty()) return fs::path();
    const bool intel = build.recipe.board.microcode == "intel";
    const fs::path from = build.tree / "usr/lib/firmware" / (intel ? "intel-ucode" : "amd-ucode");
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(from, error))
        if (intel || entry.path().extension() == ".bin") files.push_back(entry.path());
    if (files.empty())
        return fail(Code::NotFound, "no microcode in " + from.string() + "; name the " + build.recipe.board.microcode +
                                        " microcode package in the board's mkosi.conf");
    std::ranges::sort(files);
    std::string all;
    for (const auto& file : files) all += TRY(read_whole(file));
    // Documentation/arch/x86/microcode.rst of the kernel names this place.
    const fs::path folder = build.scratch / "microcode/kernel/x86/microcode";
    TRY(make_directories(folder));
    TRY(write_whole(folder / (intel ? "GenuineIntel.bin" : "AuthenticAMD.bin"), all));
    const std::string archive = TRY(cpio_of(build.scratch / "microcode"));
    TRY(write_whole(build.scratch / "microcode.cpio", archive));
    return build.scratch / "microcode.cpio";
}

UkiParts uki_parts(const Build& build, const fs::path& initrd, const fs::path& microcode, const std::string& cmdline) {
    return {.linux_image = build.tree / "usr/lib/modules" / build.kernel / "vmlinuz",
            .initrd = initrd,
            .os_release = build.scratch / "os-release",
            .microcode = microcode,
            .cmdline = cmdline,
            .kernel_version = build.kernel,
            .architecture = build.recipe.board.architecture,
            .pcr_keys = {}};
}

Result<> copy_into(const fs::path& from, const fs::path& to) {
    TRY(make_directories(to.parent_path()));
    std::error_code error;
    fs::copy(from, to, fs::copy_options::overwrite_existing | fs::copy_options::recursive, error);
    if (error) return std::unexpected(system_error(error.value(), to, "cannot copy to"));
    return {};
}

// What systemd-boot shows of a UKI: its title alone. With an id or a version in it, systemd-boot would sort slots by
// those (Boot Loader Specification, "Sorting"); they are sorted by their file names, which the box decides on.
Result<> write_title(const Build& build) {
    std::string title;
    const std::string all = TRY(read_whole(build.tree / "usr/lib/os-release"));
    for (const auto& line : split(all, '\n'))
        if (line.starts_with("NAME=") || line.starts_with("PRETTY_NAME=")) title += line + "\n";
    return write_whole(build.scratch / "os-release", title);
}

// Everything that firmware and boot loader will run, signed, where the box and the installer look for it.
Result<> write_boot_files(const Build& build) {
    TRY(write_title(build));
    const fs::path extra = build.scratch / "initrd";
    TRY(copy_into(build.tree / "usr/lib/ostree/prepare-root.conf", extra / "usr/lib/ostree/prepare-root.conf"));
    TRY(write_memory_system(build, build.trees.archive("initrd"), build.recipe.board.initrd_modules, extra,
                            build.scratch / "initrd.zst"));
    const fs::path microcode = TRY(microcode_of(build));
    TRY(make_directories(build.boot_files()));
    auto parts = uki_parts(build, build.scratch / "initrd.zst", microcode, build.recipe.cmdline());
    parts.pcr_keys = TRY(keys::pcr_keys(build.keys.directory()));
    TRY(build_uki(parts, build.signer(), build.boot_files() / "holdfast.efi"));
    // For what seals a disk: the installer, and the box itself.
    TRY(copy_into(parts.pcr_keys.front().open, build.boot_files() / "pcr.pub"));
    for (const char slot : {'a', 'b'})
        TRY(build_addon(slot, build.recipe.board.architecture, build.signer(),
                        build.boot_files() / (std::string("slot-") + slot + ".addon.efi")));
    const std::string loader = boot::architecture(build.recipe.board.architecture).systemd_boot();
    TRY(sign_loader(build.tree, build.recipe.board.architecture, build.signer(), build.boot_files() / loader));
    for (const auto* name : {"PK.auth", "KEK.auth", "db.auth"})
        TRY(copy_into(build.keys.directory() / "auth" / name, build.boot_files() / "keys" / name));
    return {};
}

Result<std::string> write_measurements(const Build& build) {
    const std::string loader = boot::architecture(build.recipe.board.architecture).systemd_boot();
    const nlohmann::json values = TRY(measure::measurements(
        {.systemd_boot = build.boot_files() / loader,
         .uki = build.boot_files() / "holdfast.efi",
         .addons = {{'a', build.boot_files() / "slot-a.addon.efi"}, {'b', build.boot_files() / "slot-b.addon.efi"}},
         .systemd_boot_place = "EFI/systemd/" + loader}));
    TRY(write_whole(build.file(".measurements.json"), values.dump(2) + "\n"));
    return values.dump();
}

// The folder, or none: a computer that only composes may not have it.
fs::path there(const fs::path& folder) {
    return fs::is_directory(folder) ? folder : fs::path();
}

Result<> write_sbom(const Build& build) {
    const auto packages = [&](const std::string& which) {
        const fs::path at = build.trees.packages(which);
        return sbom::Part{.name = which, .root = at, .dpkg = at};
    };
    std::vector<sbom::Part> parts{{.name = "system", .root = build.tree, .dpkg = build.tree / "usr/lib/sysimage/dpkg"},
                                  packages("initrd")};
    // What was built from a package is in the image as surely as what was installed from one.
    if (const fs::path built = build.tree / "usr/lib/sysimage/built-from"; fs::exists(built))
        parts.push_back({.name = "built-from", .root = build.tree, .dpkg = built});
    if (build.trees.installer) parts.push_back(packages("installer"));
    return sbom::write({.name = build.recipe.name(),
                        .version = build.recipe.version,
                        .parts = parts,
                        .apt_lists = there(build.options.at.cache / "packages-root/lib/apt/lists"),
                        .debs = there(build.options.at.debs),
                        .time = build.options.at.seed_time},
                       build.file(".spdx.json"), build.file(".cdx.json"));
}

constexpr auto installer_program = "usr/libexec/holdfast/holdfast-install";

Result<> write_installer(const Build& build, const std::string& commit, const fs::path& into) {
    const fs::path extra = build.scratch / "installer";
    // The installer program and its few files are the ones of the image, so both are always of one version.
    for (const auto* path : {installer_program, "usr/share/holdfast/release.gpg", "usr/lib/holdfast/repart.d",
                             "usr/lib/holdfast/release.json", "usr/lib/holdfast/boot/pcr.pub"})
        TRY(copy_into(build.tree / path, extra / path));
    auto modules = build.recipe.board.initrd_modules;
    // What its own medium is made of, and a sealed /var, whatever the board.
    modules.insert(modules.end(), {"isofs", "loop", "squashfs", "vfat", "nls_ascii", "nls_cp437", "dm_crypt", "xts",
                                   "algif_skcipher"});
    modules.insert(modules.end(), build.recipe.board.installer_modules.begin(),
                   build.recipe.board.installer_modules.end());
    TRY(write_memory_system(build, build.trees.archive("installer"), modules, extra, build.scratch / "installer.zst"));
    // Quiet: what the installer says is what counts on these consoles.
    std::string cmdline = "quiet holdfast.medium=" + medium_id(commit);
    for (const auto& word : build.recipe.board.cmdline) cmdline += " " + word;
    return build_uki(uki_parts(build, build.scratch / "installer.zst", {}, cmdline), build.signer(), into);
}

Result<> write_iso_beside(const Build& build, const std::string& commit) {
    TRY(step("installer UKI", [&] { return write_installer(build, commit, build.scratch / "installer.efi"); }));
    return step("ISO", [&] {
        return write_iso({.installer = build.scratch / "installer.efi",
                          .repository = build.scratch / "repo",
                          .commit = commit,
                          .time = build.options.at.seed_time,
                          .scratch = build.scratch},
                         build.recipe, build.keys, build.file(".iso"));
    });
}

// The disk is written from the bare repository while the archive is compressed and goes onto the medium.
Result<> write_carriers(const Build& build, const std::string& commit) {
    const fs::path bare = build.scratch / "repo";
    auto disk = std::async(std::launch::async, [&]() -> Result<> {
        if (!build.options.disk) return {};
        return step("disk image", [&] {
            return write_disk({.tree = build.tree,
                               .architecture = build.recipe.board.architecture,
                               .repository = bare,
                               .keyring = build.keys.keyring(),
                               .commit = commit,
                               .reference = build.recipe.reference(),
                               .scratch = build.scratch},
                              build.file(".raw"));
        });
    });
    auto carried = step("repository", [&] { return publish(bare, build.recipe.reference(), build.out / "repo"); });
    if (carried && build.trees.installer) carried = write_iso_beside(build, commit);
    auto written = disk.get();
    return carried ? written : carried;
}

// The repository, a folder, has digests of its own.
std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
}

Result<> prepare_modules(const Build& build) {
    TRY(sign_added_modules(build.tree, build.kernel, build.keys));
    TRY(wrap_modules(build.tree, build.kernel));
    return {};
}

Result<Image> compose(const Build& build) {
    // Before anything that takes long: without one of them the installer could not say a word.
    if (build.trees.installer)
        TRY(check_installer_libraries(build.trees.archive("installer"), build.tree / installer_program,
                                      build.scratch / "installer-libraries"));
    TRY(step("ostree layout", [&] {
        return lay_out(build.tree, build.recipe, {.keyring = build.keys.keyring(), .development = build.development()});
    }));
    TRY(step("kernel modules", [&] { return prepare_modules(build); }));
    TRY(step("kernel, initrd and signatures", [&] { return write_boot_files(build); }));
    const std::string measurements = TRY(step("reference measurements", [&] { return write_measurements(build); }));
    TRY(step("SBOM", [&] { return write_sbom(build); }));
    const std::string commit_id = TRY(step("signed commit", [&] {
        return commit({.tree = build.tree,
                       .reference = build.recipe.reference(),
                       .version = build.recipe.version,
                       .time = build.options.at.seed_time,
                       .measurements = measurements,
                       .development = build.development()},
                      build.keys, build.scratch / "repo");
    }));
    const std::string content = TRY(content_checksum(build.scratch / "repo", commit_id));
    TRY(write_carriers(build, commit_id));
    const nlohmann::ordered_json papers{{"format", 1},
                                        {"name", build.recipe.name()},
                                        {"ref", build.recipe.reference()},
                                        {"commit", commit_id},
                                        {"content", content},
                                        {"options", build.recipe.option_names()},
                                        {"development", build.development()}};
    TRY(write_whole(build.file(".json"), papers.dump(2) + "\n"));
    TRY(step("digests", [&] { return write_sums(build.out, files_in(build.out), build.keys); }));
    return Image{build.out, build.recipe.name(), commit_id, content};
}

// The finished folder takes the place of an older one of its name.
Result<> put_in_place(const fs::path& finished, const fs::path& name) {
    TRY(remove_tree(name));
    return move_to(finished, name);
}

Result<Image> compose_in(Build& build) {
    TRY(make_directories(build.out));
    auto image = compose(build);
    if (image) {
        image->folder = build.options.out / build.recipe.name();
        TRY(put_in_place(build.out, image->folder));
    }
    return image;
}

}  // namespace

Result<Image> compose(const Recipe& recipe, const Options& options, const Trees& trees) {
    auto opened = TRY(in("keys", keys::open(options.keys)));
    if (opened.development() && !recipe.profile.development)
        std::fputs("note: signed with DEVELOPMENT keys; not for production\n", stderr);
    const fs::path scratch = options.at.build / "scratch", out = options.out / ("." + recipe.name() + ".unfinished");
    for (const auto& left : {scratch, out}) TRY(remove_tree(left));
    TRY(make_directories(scratch));
    fs::path tree = trees.root();
    if (options.keep_trees) {
        tree = scratch / "root";
        TRY(step("copy of the root tree", [&] { return run_or_fail({"cp", "-a", trees.root(), tree}); }));
    }
    Build build{.recipe = recipe,
                .options = options,
                .keys = std::move(opened),
                .trees = trees,
                .out = out,
                .scratch = scratch,
                .tree = tree,
                .kernel = TRY(kernel_version(tree))};
    auto image = compose_in(build);
    for (const auto& left : {scratch, out}) TRY(remove_tree(left));
    return image;
}

Result<Image> build(const Recipe& recipe, const Options& options) {
    // Wrong keys are told before mkosi has worked for a minute.
    TRY(in("keys", keys::open(options.keys)));
    return compose(recipe, options, TRY(recipe::make_trees(recipe, options.at, options.iso)));
}

}  // namespace holdfast::compose
