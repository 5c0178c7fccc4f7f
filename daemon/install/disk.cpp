#include "install/disk.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/text.hpp"
#include "install/medium.hpp"

#include <algorithm>
#include <blkid/blkid.h>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <systemd/sd-device.h>

namespace holdfast::install {

namespace {

namespace fs = std::filesystem;
using Device = Handle<sd_device, sd_device_unref>;
using Probe = Handle<blkid_struct_probe, blkid_free_probe>;

constexpr std::uint64_t sector = 512;  // the unit of sysfs, whatever the disk's own is

std::string attribute(const fs::path& file) {
    const auto text = read_whole(file, 4096);
    return text ? valid_utf8(trim(*text)) : std::string();
}

bool is_ours_to_list(const std::string& name) {
    for (const std::string_view kind : {"loop", "ram", "zram", "dm-", "md", "fd", "nbd"})
        if (name.starts_with(kind)) return false;
    return true;
}

// The names in a folder of udev's that point at `node`.
std::vector<std::string> links_to(const fs::path& node, const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        std::error_code dangling;
        if (fs::canonical(entry.path(), dangling) == node) names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

std::string value(blkid_probe probe, const char* name) {
    const char* text = nullptr;
    if (blkid_probe_lookup_value(probe, name, &text, nullptr) < 0) return {};
    return valid_utf8(trim(text));
}

Probe open_probe(const fs::path& node) {
    Probe probe(blkid_new_probe_from_filename(node.c_str()));
    if (!probe) return nullptr;
    blkid_probe_enable_superblocks(probe.get(), 1);
    blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL);
    return probe;
}

struct Found {
    std::string type, label;
};

// Every signature, not only the one that wins: a disk that was a RAID member and a file system is both.
std::vector<Found> signatures(const fs::path& node) {
    const Probe probe = open_probe(node);
    std::vector<Found> found;
    while (probe && blkid_do_probe(probe.get()) == 0)
        if (auto type = value(probe.get(), "TYPE"); !type.empty()) found.push_back({type, value(probe.get(), "LABEL")});
    return found;
}

std::string in_words(const Found& found, const fs::path& node) {
    const std::string label = found.label.empty() ? "" : " '" + found.label + "'";
    return found.type + label + " on " + node.filename().string();
}

Result<std::string> read_at(const Fd& fd, std::uint64_t offset, std::size_t size, const fs::path& node) {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    while (got < size) {
        const ssize_t n = ::pread(fd.number(), bytes.data() + got, size - got, static_cast<off_t>(offset + got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, node, "cannot read"));
        if (n == 0) break;
        got += static_cast<std::size_t>(n);
    }
    bytes.resize(got);
    return bytes;
}

// As a GPT holds it: UTF-16, little endian (UEFI 2.10, 5.3.3).
std::string in_utf16(std::string_view ascii) {
    std::string wide;
    for (const char c : ascii) wide.append({c, '\0'});
    return wide;
}

struct Edges {
    std::string first, last;
};

bool marked(const Edges& edges) {
    const std::string label = in_utf16(unfinished_label);
    return edges.first.contains(label) || edges.last.contains(label);
}

struct Table {
    std::string type, id;
    std::vector<std::string> labels;  // of its partitions
};

Table table_of(const fs::path& node) {
    const Probe probe(blkid_new_probe_from_filename(node.c_str()));
    if (!probe) return {};
    blkid_probe_enable_partitions(probe.get(), 1);
    blkid_partlist list = blkid_probe_get_partitions(probe.get());
    blkid_parttable found = list ? blkid_partlist_get_table(list) : nullptr;
    if (!found) return {};
    const auto text = [](const char* value) { return std::string(value ? value : ""); };
    Table table{text(blkid_parttable_get_type(found)), text(blkid_parttable_get_id(found)), {}};
    for (int i = 0; i < blkid_partlist_numof_partitions(list); ++i)
        table.labels.push_back(text(blkid_partition_get_name(blkid_partlist_get_partition(list, i))));
    return table;
}

// libfdisk writes the backup table first and the protective MBR last, so a cut can leave a table that no program
// reads yet ("PMBR" is the protective MBR alone). Its entries still carry our label, at one end of the disk or the
// other. Such bytes count only where nothing else is: whoever gives the disk another table or file system after a
// cut leaves them behind (fdisk and mkfs.vfat do), and what was put there since is not ours to erase.
bool is_unfinished(const Disk& disk, const Table& table, const Edges& edges) {
    if (table.type == "gpt") return std::ranges::contains(table.labels, unfinished_label);
    return (table.type.empty() || table.type == "PMBR") && disk.holds.empty() && marked(edges);
}

// An installation leaves the medium's id as the disk's GUID.
std::string installed_from(const Disk& disk, const Table& table) {
    if (disk.unfinished || !std::ranges::contains(table.labels, system_label)) return {};
    std::string id = table.id;
    std::erase(id, '-');
    return id;
}

bool all_zero(std::string_view bytes) {
    return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

std::string transport_of(std::string_view folder) {
    struct Mark {
        std::string_view part, transport;
    };
    // A USB adapter of a SATA disk is on USB alone, so what may stand in front of another comes first.
    constexpr std::array marks{Mark{"/usb", "usb"},       Mark{"/ata", "sata"},      Mark{"/nvme", "nvme"},
                               Mark{"/mmc_host/", "mmc"}, Mark{"/virtio", "virtio"}, Mark{"/host", "scsi"}};
    const auto* found = std::ranges::find_if(marks, [&](const Mark& mark) { return folder.contains(mark.part); });
    return found == marks.end() ? std::string() : std::string(found->transport);
}

std::string unescaped(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        unsigned byte = 0;
        const bool escape = text.size() >= 4 && text.starts_with("\\x");
        const auto* const digits = text.data() + 2;
        if (escape && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
            plain += static_cast<char>(byte);
            text.remove_prefix(4);
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

std::string iso_volume(const fs::path& node) {
    const Probe probe = open_probe(node);
    if (!probe) return {};
    // udev's own order: other file systems may hide an ISO that lies on a partitioned stick.
    std::string name = "iso9660";
    std::array<char*, 2> only{name.data(), nullptr};
    blkid_probe_filter_superblocks_type(probe.get(), BLKID_FLTR_ONLYIN, only.data());
    return blkid_do_probe(probe.get()) == 0 ? value(probe.get(), "LABEL") : std::string();
}

Result<> look_inside(Disk& disk, const std::vector<fs::path>& partitions) {
    const Fd fd(::open(disk.node.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::unexpected(system_error(errno, disk.node, "cannot open"));
    constexpr std::size_t end = 64UL * 1024;
    const Edges edges{TRY(read_at(fd, 0, mebibyte, disk.node)),
                      TRY(read_at(fd, disk.size > end ? disk.size - end : 0, end, disk.node))};
    for (const auto& found : signatures(disk.node)) {
        disk.carries_medium |= found.type == "iso9660" && found.label == volume_id;
        disk.holds.push_back(in_words(found, disk.node));
    }
    for (const auto& partition : partitions) {
        const auto inside = signatures(partition);
        if (inside.empty()) disk.holds.push_back("partition " + partition.filename().string());
        for (const auto& found : inside) disk.holds.push_back(in_words(found, partition));
    }
    const Table table = table_of(disk.node);
    disk.unfinished = is_unfinished(disk, table, edges);
    disk.installed_from = installed_from(disk, table);
    if (disk.holds.empty() && !all_zero(edges.first)) disk.holds.emplace_back("bytes of an unknown kind");
    return {};
}

namespace {

std::vector<fs::path> partitions_of(const fs::path& folder) {
    std::vector<fs::path> nodes;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (std::error_code none; fs::exists(entry.path() / "partition", none))
            nodes.push_back("/dev" / entry.path().filename());
    std::ranges::sort(nodes);
    return nodes;
}

// The first of these properties that udev has for a device. Where SCSI, SATA and USB disks keep their names depends on
// each of them; udev has asked.
std::string property(const fs::path& node, std::initializer_list<const char*> names) {
    sd_device* opened = nullptr;
    if (sd_device_new_from_devname(&opened, node.c_str()) < 0) return {};
    const Device device(opened);
    for (const auto* name : names) {
        const char* value = nullptr;
        if (sd_device_get_property_value(device.get(), name, &value) >= 0 && *value)
            return valid_utf8(trim(unescaped(value)));
    }
    return {};
}

Disk describe(const fs::path& folder) {
    Disk disk;
    disk.name = folder.filename();
    disk.node = "/dev/" + disk.name;
    disk.size = std::strtoull(attribute(folder / "size").c_str(), nullptr, 10) * sector;
    disk.removable = attribute(folder / "removable") == "1";
    disk.read_only = attribute(folder / "ro") == "1";
    std::error_code none;
    disk.transport = transport_of(fs::canonical(folder, none).string());
    // In the order of lsblk(8); then where NVMe, virtio and MMC keep them.
    disk.model = property(disk.node, {"ID_MODEL_ENC"});
    for (const auto* file : {"device/model", "device/name"})
        if (disk.model.empty()) disk.model = attribute(folder / file);
    disk.serial = property(disk.node, {"ID_SCSI_SERIAL", "ID_SERIAL_SHORT"});
    for (const auto* file : {"device/serial", "serial", "device/wwid"})
        if (disk.serial.empty()) disk.serial = attribute(folder / file);
    disk.ids = links_to(disk.node, "/dev/disk/by-id");
    disk.paths = links_to(disk.node, "/dev/disk/by-path");
    return disk;
}

}  // namespace

Result<std::vector<Disk>> list_disks(const fs::path& medium) {
    std::vector<Disk> disks;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/class/block", error)) {
        const std::string name = entry.path().filename();
        std::error_code none;
        if (!is_ours_to_list(name) || fs::exists(entry.path() / "partition", none)) continue;
        Disk disk = describe(entry.path());
        if (disk.size == 0) continue;  // a drive without a disc or a card
        const auto partitions = partitions_of(entry.path());
        disk.medium = !medium.empty() && (disk.node == medium || std::ranges::contains(partitions, medium));
        disk.in_use = !Fd(::open(disk.node.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC)) && errno == EBUSY;
        if (auto seen = look_inside(disk, partitions); !seen) disk.holds.push_back(seen.error().what);
        disks.push_back(std::move(disk));
    }
    if (error) return std::unexpected(system_error(error.value(), "/sys/class/block", "cannot list"));
    std::ranges::sort(disks, {}, &Disk::name);
    return disks;
}

}  // namespace holdfast::install
