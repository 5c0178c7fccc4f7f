#include "compose/iso.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "boot/architecture.hpp"
#include "compose/sums.hpp"

#include <nlohmann/json.hpp>

namespace holdfast::compose {

namespace {

namespace fs = std::filesystem;

constexpr auto volume_id = "HOLDFAST_INSTALL";
constexpr auto boot_file = "boot.fat";  // in the root of the ISO

Result<> write_papers(const fs::path& folder, const IsoParts& parts, const recipe::Recipe& recipe,
                      const keys::Keys& keys) {
    const nlohmann::ordered_json medium{{"format", 1},
                                        {"id", medium_id(parts.commit)},
                                        {"name", recipe.name()},
                                        {"board", recipe.board.name},
                                        {"profile", recipe.profile.name},
                                        {"runtime", recipe.runtime.name},
                                        {"version", recipe.version},
                                        {"commit", parts.commit},
                                        {"ref", recipe.reference()},
                                        {"development", recipe.profile.development || keys.development()}};
    return write_whole(folder / "medium.json", medium.dump(2) + "\n");
}

// A damaged medium can be named to the file.
Result<> write_sums_of_medium(const fs::path& folder, const keys::Keys& keys) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    return write_sums(folder, std::move(files), keys);
}

// The repository as one file that is read from end to end: an installation checks it in one pass, where thousands of
// small objects would cost a seek each, on a disc above all. Of mode bare, so that nothing is unpacked twice; without
// fragments, so that a small object can be read without unpacking its neighbours (and it is 1 % smaller, too).
Result<> write_system(const IsoParts& parts, const fs::path& into) {
    TRY(remove_tree(into));
    TRY(in("mksquashfs", run_or_fail({"mksquashfs", parts.repository.string(), into.string(), "-noappend", "-quiet",
                                      "-no-progress", "-comp", "zstd", "-Xcompression-level", "6", "-no-fragments",
                                      "-noI", "-all-time", parts.time, "-mkfs-time", parts.time})));
    return {};
}

// A FAT file system with the installer on the path that firmware looks for on removable media.
Result<> write_boot_partition(const IsoParts& parts, const recipe::Recipe& recipe, const fs::path& into) {
    const auto size = (fs::file_size(parts.installer) / mebibyte + 8) * mebibyte;
    TRY(write_whole(into, ""));
    fs::resize_file(into, size);
    const std::string name = std::string(boot::architecture(recipe.board.architecture).boot);
    const RunOptions same_time{.environment = {"SOURCE_DATE_EPOCH=" + parts.time}};
    TRY(run_or_fail(
        {"mkfs.vfat", "-F", "32", "-i", medium_id(parts.commit).substr(0, 8), "-n", "HF_BOOT", into.string()},
        same_time));
    TRY(run_or_fail({"mmd", "-i", into.string(), "::/EFI", "::/EFI/BOOT"}, same_time));
    TRY(run_or_fail({"mcopy", "-i", into.string(), parts.installer.string(), "::/EFI/BOOT/" + name}, same_time));
    return {};
}

Result<> run_xorriso(const IsoParts& parts, const fs::path& tree, const fs::path& into) {
    // The FAT file system is one range of bytes with three faces: a file of the ISO, the El Torito image of a disc and
    // a GPT partition of a stick. It lies in front of the system and the system at the end, so that a medium that was
    // cut short still starts and tells what is missing.
    TRY(in("xorriso", run_or_fail({"xorriso",
                                   "-as",
                                   "mkisofs",
                                   "-quiet",
                                   "-r",
                                   "-J",
                                   "-joliet-long",
                                   "-iso-level",
                                   "3",
                                   "-V",
                                   volume_id,
                                   "-o",
                                   into.string(),
                                   "--protective-msdos-label",
                                   "-e",
                                   boot_file,
                                   "-no-emul-boot",
                                   "-efi-boot-part",
                                   "--efi-boot-image",
                                   "--sort-weight",
                                   "-1",
                                   "/holdfast/system.squashfs",
                                   tree.string()},
                                  {.environment = {"SOURCE_DATE_EPOCH=" + parts.time}})));
    return {};
}

}  // namespace

std::string medium_id(const std::string& commit) {
    return commit.substr(0, 32);
}

Result<> write_iso(const IsoParts& parts, const recipe::Recipe& recipe, const keys::Keys& keys, const fs::path& into) {
    const fs::path tree = parts.scratch / "medium";
    TRY(remove_tree(tree));
    TRY(make_directories(tree / "holdfast"));
    TRY(write_system(parts, tree / "holdfast/system.squashfs"));
    TRY(write_papers(tree / "holdfast", parts, recipe, keys));
    TRY(write_sums_of_medium(tree / "holdfast", keys));
    TRY(write_boot_partition(parts, recipe, tree / boot_file));
    const fs::path fresh = into.string() + ".new";
    TRY(run_xorriso(parts, tree, fresh));
    TRY(remove_tree(tree));
    return move_to(fresh, into);
}

Result<> customize_iso(const fs::path& iso, const fs::path& answers, const fs::path& into) {
    if (!fs::exists(iso)) return fail(Code::NotFound, "there is no " + iso.string() + "; make it with './dev image'");
    const fs::path fresh = into.string() + ".new";
    TRY(remove_tree(fresh));
    TRY(in("xorriso", run_or_fail({"xorriso", "-indev", iso.string(), "-outdev", fresh.string(), "-boot_image", "any",
                                   "replay", "-map", answers.string(), "/install.yaml", "-commit"})));
    return move_to(fresh, into);
}

}  // namespace holdfast::compose
