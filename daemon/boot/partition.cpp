#include "boot/partition.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "boot/guid.hpp"
#include "boot/sysfs.hpp"
#include "boot/utf16.hpp"
#include "boot/variable.hpp"

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

constexpr auto by_uuid = "dev/disk/by-partuuid";

// "MAJOR:MINOR" of what is mounted at `point`: the third and the fifth field of a line (proc_pid_mountinfo(5)). The
// last mount is the one in force; where it is an automount that nobody triggered, its device is no disk.
Result<std::string> mounted_at(const fs::path& root, std::string_view point) {
    std::string device;
    for (const auto& line : split(TRY(read_whole(root / "proc/self/mountinfo", mebibyte)), '\n'))
        if (const auto fields = split(line, ' '); fields.size() > 4 && fields[4] == point) device = fields[2];
    if (device.empty()) return fail(Code::NotFound, "nothing is mounted at " + std::string(point));
    return device;
}

// The partition's folder in /sys, which stands in its disk's.
Result<fs::path> folder_of(const fs::path& root, const std::string& device) {
    std::error_code error;
    const fs::path folder = fs::canonical(root / "sys/dev/block" / device, error);
    if (error || !fs::exists(folder / "partition", error))
        return fail(Code::NotFound, "what is mounted at /efi (" + device + ") is no partition");
    return folder;
}

// Of the partition that the kernel calls `name`.
Result<std::string> uuid_by_link(const fs::path& root, const fs::path& name) {
    std::error_code error, unreadable;
    for (const auto& entry : fs::directory_iterator(root / by_uuid, error))
        if (fs::read_symlink(entry.path(), unreadable).filename() == name) return entry.path().filename().string();
    return fail(Code::NotFound, "neither LoaderDevicePartUUID nor /" + std::string(by_uuid) +
                                    " tells the UUID of the partition " + name.string());
}

// Lower-case, as we and udev compare it.
Result<std::string> normal(const std::string& uuid) {
    return guid_text(TRY(guid_bytes(uuid)));
}

Result<std::string> uuid_of(const fs::path& root, const fs::path& name) {
    const auto told = read_variable(root, "LoaderDevicePartUUID", vendor::loader);
    if (!told) return normal(TRY(uuid_by_link(root, name)));
    const std::string uuid = TRY(in("LoaderDevicePartUUID", normal(from_utf16(*told))));
    std::error_code error;
    const fs::path linked = fs::read_symlink(root / by_uuid / uuid, error).filename();
    if (!error && linked != name)
        return fail(Code::Denied, "the box was started from " + linked.string() + ", and /efi is " + name.string());
    return uuid;
}

// sysfs counts 512 bytes a block on every disk, firmware the disk's own.
Result<std::uint64_t> blocks(const fs::path& file, std::uint64_t block) {
    const std::uint64_t sectors = TRY(number_in(file));
    if (block < sysfs_sector || block % sysfs_sector != 0 || sectors % (block / sysfs_sector) != 0)
        return fail(Code::Corrupt, file.string() + " is no whole number of blocks of " + std::to_string(block));
    return sectors / (block / sysfs_sector);
}

}  // namespace

Result<Partition> esp_partition(const fs::path& root) {
    const std::string device = TRY(mounted_at(root, "/efi"));
    const fs::path folder = TRY(folder_of(root, device));
    const std::uint64_t block = TRY(number_in(folder.parent_path() / "queue/logical_block_size"));
    Partition partition{.uuid = TRY(uuid_of(root, folder.filename()))};
    partition.number = static_cast<std::uint32_t>(TRY(number_in(folder / "partition")));
    partition.start = TRY(blocks(folder / "start", block));
    partition.size = TRY(blocks(folder / "size", block));
    return partition;
}

}  // namespace holdfast::boot
