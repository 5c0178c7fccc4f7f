#include "compose/disk.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "boot/esp.hpp"
#include "content/sysroot.hpp"

namespace holdfast::compose {

namespace {

namespace fs = std::filesystem;

// Small enough to write in a minute, large enough for two slots; the box grows /var to its real disk.
constexpr auto disk_size = "8G";
constexpr auto seed = "2f8a3c1e-0b6d-4c55-9a55-6f1d9f1f5c10";

Result<> stage_esp(const fs::path& boot_files, const boot::Architecture& architecture, const fs::path& esp) {
    TRY(make_directories(esp));
    TRY(boot::write_loader(esp, {.systemd_boot = boot_files / architecture.systemd_boot(),
                                 .keys = boot_files / "keys",
                                 .architecture = architecture}));
    TRY(boot::write_slot(esp, 'a', {.uki = boot_files / "holdfast.efi", .addon = boot_files / "slot-a.addon.efi"}));
    return {};
}

Result<> stage_system(const DiskParts& parts, const fs::path& sysroot) {
    TRY(make_directories(sysroot));
    TRY(content::init_sysroot(sysroot));
    TRY(content::pull({.from = parts.repository, .what = parts.commit, .trust = parts.keyring}, sysroot));
    TRY(content::deploy(sysroot, parts.commit, 'a', content::Place::Staging));
    return {};
}

// The image's own definitions, each with the staged folder that fills it.
Result<> write_definitions(const fs::path& from, const fs::path& into) {
    TRY(make_directories(into));
    for (const auto& entry : fs::directory_iterator(from)) {
        std::string text = TRY(read_whole(entry.path()));
        if (text.contains("Label=holdfast-esp")) text += "CopyFiles=/esp:/\n";
        if (text.contains("Label=holdfast-system")) text += "CopyFiles=/sysroot:/\n";
        TRY(write_whole(into / entry.path().filename(), text));
    }
    return {};
}

}  // namespace

Result<> write_disk(const DiskParts& parts, const fs::path& into) {
    const fs::path stage = parts.scratch / "disk";
    TRY(remove_tree(stage));
    TRY(in("ESP",
           stage_esp(parts.tree / "usr/lib/holdfast/boot", boot::architecture(parts.architecture), stage / "esp")));
    TRY(in("system partition", stage_system(parts, stage / "sysroot")));
    TRY(write_definitions(parts.tree / "usr/lib/holdfast/repart.d", parts.scratch / "repart.d"));
    const fs::path fresh = into.string() + ".new";
    TRY(remove_tree(fresh));
    // The firmware reads FAT in sectors of 512 bytes only.
    TRY(in("systemd-repart",
           run_or_fail({"systemd-repart", "--empty=create", std::string("--size=") + disk_size, "--dry-run=no",
                        "--offline=yes", "--sector-size=512", std::string("--seed=") + seed,
                        "--definitions=" + (parts.scratch / "repart.d").string(), "--root=" + stage.string(),
                        fresh.string()})));
    TRY(remove_tree(stage));
    return move_to(fresh, into);
}

}  // namespace holdfast::compose
