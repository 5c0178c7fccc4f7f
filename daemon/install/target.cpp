#include "install/target.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "boot/esp.hpp"
#include "content/sysroot.hpp"
#include "install/mount.hpp"

#include <algorithm>

namespace holdfast::install {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view esp_label = "holdfast-esp";
constexpr std::string_view var_label = "holdfast-var";

fs::path key_file(const Job& job) {
    return job.work / "recovery-key";
}

Result<std::vector<fs::path>> files_of(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().extension() == ".conf") files.push_back(entry.path());
    if (error) return std::unexpected(system_error(error.value(), folder, "cannot list"));
    std::ranges::sort(files);
    return files;
}

// The image's own definitions, with the mark in place of the ESP's label, and /var sealed where it is to be.
Result<fs::path> marked_definitions(const Job& job) {
    const fs::path folder = job.work / "repart.d";
    TRY(make_directories(folder));
    for (const auto& file : TRY(files_of(job.definitions))) {
        std::string text = TRY(read_whole(file, mebibyte));
        if (const auto at = text.find(esp_label); at != std::string::npos)
            text.replace(at, esp_label.size(), unfinished_label);
        if (job.sealing && text.contains(var_label))
            text += job.sealing->pin.empty() ? sealed_words : sealed_by_key_words;
        TRY(write_whole(folder / file.filename(), text));
    }
    return folder;
}

// PCR 7 is not asked for yet: the firmware has not learned the owner's keys. The box does that after its first good
// start with them (see holdfast-storage(8)).
Result<Arguments> sealing_arguments(const Job& job) {
    if (!job.sealing) return Arguments();
    TRY(write_whole(key_file(job), job.sealing->recovery_key, 0600));
    const std::string by_key = "--key-file=" + key_file(job).string();
    if (!job.sealing->pin.empty()) return Arguments{by_key};
    return Arguments{by_key, "--tpm2-device=auto",
                     "--tpm2-pcrs=", "--tpm2-public-key=" + job.sealing->public_key.string(),
                     "--tpm2-public-key-pcrs=11"};
}

// systemd-repart lists what it made: [{"label": …, "node": …}, …].
Result<Partitions> made_by(const std::string& listing) {
    const Json list = TRY(json::parse(listing, mebibyte));
    Partitions made;
    if (!list.is_array()) return fail(Code::Bug, "systemd-repart: not a list of partitions");
    for (const auto& entry : list) {
        if (!entry.is_object()) continue;
        const std::string label = entry.value("label", "");
        if (label == unfinished_label) made.esp = entry.value("node", "");
        if (label == system_label) made.system = entry.value("node", "");
        if (label == var_label) made.var = entry.value("node", "");
    }
    if (made.esp.empty() || made.system.empty() || made.var.empty())
        return fail(Code::Bug, "systemd-repart made no ESP, no system partition, or none for /var");
    return made;
}

// The nodes of new partitions are made by the kernel at once, their owners and links by udev a moment later.
void settle() {
    static_cast<void>(run({"udevadm", "settle", "--timeout=30"}));
}

Result<> write_keys(const Job& job, const fs::path& root) {
    if (job.authorized_keys.empty()) return {};
    const fs::path folder = root / "etc/ssh/authorized_keys.d";
    TRY(make_directories(folder));
    TRY(write_whole(folder / "root", join(job.authorized_keys, "\n") + "\n", 0600));
    const fs::path settings = root / "etc/ssh/sshd_config.d";
    TRY(make_directories(settings));
    return write_whole(settings / "10-holdfast-install.conf",
                       "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/authorized_keys.d/%u\n");
}

// The medium's id (the commit's first 32 digits) as a GUID. It tells a later start from the same medium that this
// disk has been through it already; GUIDs of partitions, which boot loaders look at, stay random.
std::string as_guid(const std::string& commit) {
    std::string guid;
    for (const auto& [from, count] : {std::pair{0, 8}, {8, 4}, {12, 4}, {16, 4}, {20, 12}})
        guid += (guid.empty() ? "" : "-") + commit.substr(from, count);
    return guid;
}

// Answers that belong to this box and not to the image go into its /etc.
Result<> personalise(const Job& job, const fs::path& root) {
    if (!job.hostname.empty()) TRY(write_whole(root / "etc/hostname", job.hostname + "\n"));
    if (job.invitation) TRY(identity::keep_invitation(root, *job.invitation));
    return write_keys(job, root);
}

// The deployment's root.
Result<fs::path> write_system(const Job& job, const fs::path& sysroot, Report& report) {
    report.step("copying the system");
    TRY(content::init_sysroot(sysroot));
    crash_point("install.initialised");
    TRY(content::pull({.from = job.repo, .what = job.commit, .trust = job.keyring}, sysroot,
                      [&](std::uint64_t done, std::uint64_t total) { report.advance(done, total); }));
    crash_point("install.pulled");
    report.step("deploying the system to slot a");
    const fs::path root = TRY(content::deploy(sysroot, job.commit, 'a', content::Place::Disk));
    crash_point("install.deployed");
    TRY(personalise(job, root));
    return root;
}

Result<> write_boot(const fs::path& files, const fs::path& esp, Report& report) {
    report.step("writing the boot loader");
    TRY(boot::write_slot(esp, 'a', {.uki = files / "holdfast.efi", .addon = files / "slot-a.addon.efi"}));
    crash_point("install.slot-written");
    TRY(boot::write_loader(esp,
                           {.systemd_boot = files / boot::own_architecture().systemd_boot(), .keys = files / "keys"}));
    crash_point("install.loader-written");
    return {};
}

}  // namespace

Result<Partitions> partition(const Job& job) {
    const fs::path definitions = TRY(marked_definitions(job));
    // The firmware reads FAT in sectors of the disk's own size; repart takes that from the disk.
    Arguments command{"systemd-repart", "--empty=force", "--dry-run=no",
                      "--discard=yes",  "--json=short",  "--definitions=" + definitions.string()};
    for (auto& word : TRY(sealing_arguments(job))) command.push_back(std::move(word));
    command.push_back(job.disk.string());
    const std::string listing = TRY(run_or_fail(command));
    crash_point("install.partitioned");
    return made_by(listing);
}

Result<> fill(const Job& job, const fs::path& esp, const fs::path& sysroot, Report& report) {
    const fs::path root = TRY(in("system", write_system(job, sysroot, report)));
    return in("boot files", write_boot(root / "usr/lib/holdfast/boot", esp, report));
}

Result<> name_finally(const Job& job) {
    TRY(in("sfdisk", run_or_fail({"sfdisk", "--quiet", "--disk-id", job.disk.string(), as_guid(job.commit)})));
    crash_point("install.identified");
    // Number 1: the definitions' first file. sfdisk writes the spare table first, so one of them is always whole.
    TRY(in("sfdisk",
           run_or_fail({"sfdisk", "--quiet", "--part-label", job.disk.string(), "1", std::string(esp_label)})));
    crash_point("install.named");
    return {};
}

Result<std::uint64_t> needed_size(const fs::path& definitions) {
    constexpr std::string_view key = "SizeMinBytes=";
    std::uint64_t total = 4 * mebibyte;  // both tables and the alignment
    for (const auto& file : TRY(files_of(definitions)))
        for (const auto& line : split(TRY(read_whole(file, mebibyte)), '\n'))
            if (line.starts_with(key)) total += TRY(in(file.string(), parse_size(trim(line).substr(key.size()))));
    return total;
}

Result<> install_on(const Job& job, Report& report) {
    report.step("partitioning " + job.disk.string());
    const Partitions made = TRY(in("partitioning", partition(job)));
    settle();
    if (job.sealing && !job.sealing->pin.empty()) {
        report.step("sealing /var to the TPM and the PIN");
        TRY(in("sealed /var", seal_to_pin(*job.sealing, made.var, key_file(job))));
    }
    if (job.sealing) {
        report.step("opening /var by its recovery key");
        TRY(in("sealed /var", leave_keys(*job.sealing, made.var, key_file(job), job.work)));
        TRY(remove_tree(key_file(job)));
    }
    Mount esp = TRY(Mount::make(made.esp, job.work / "esp", "vfat", Access::ReadWrite));
    Mount system = TRY(Mount::make(made.system, job.work / "sysroot", "ext4", Access::ReadWrite));
    TRY(fill(job, esp.at(), system.at(), report));
    report.step("writing everything out");
    TRY(system.unmount());
    TRY(esp.unmount());
    crash_point("install.unmounted");
    report.step("giving the disk its final name");
    settle();
    return name_finally(job);
}

}  // namespace holdfast::install
