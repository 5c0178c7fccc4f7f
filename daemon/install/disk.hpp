// The disks of this computer, as the kernel and udev name them, and what is on them.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::install {

// The ESP's partition label while an installation goes on; the final label is the very last write.
inline constexpr std::string_view unfinished_label = "holdfast-installing";
inline constexpr std::string_view system_label = "holdfast-system";

struct Disk {
    std::string name;            // the kernel's: "vda"
    std::filesystem::path node;  // "/dev/vda"
    std::uint64_t size = 0;      // bytes
    bool removable = false;
    bool read_only = false;
    std::string transport;           // one of "nvme", "sata", "usb", "mmc", "virtio", "scsi"; "" where it is none
    std::string model, serial;       // as lsblk(8) shows them; "" where the disk tells none
    std::vector<std::string> ids;    // its names in /dev/disk/by-id
    std::vector<std::string> paths;  // its names in /dev/disk/by-path
    std::vector<std::string> holds;  // what would be lost, in words for people; empty: nothing was found
    bool medium = false;             // the installer came from it
    bool carries_medium = false;     // an installation medium, but another one
    bool unfinished = false;         // a Holdfast installation began here and did not end
    std::string installed_from;      // id of the medium that Holdfast was installed from here; "" where it was not
    bool in_use = false;             // mounted, or part of a volume group or an array
};

// Every disk bar loop, RAM and device-mapper ones, sorted by name. `medium` is the device (disk or partition) that
// the installer came from; "" where there is none. Needs /sys and, for ids and paths, udev.
Result<std::vector<Disk>> list_disks(const std::filesystem::path& medium);

// What is on a disk or an image file, and on its partitions: fills holds, carries_medium, unfinished, installed_from.
// `partitions` are the nodes of its partitions.
Result<> look_inside(Disk& disk, const std::vector<std::filesystem::path>& partitions);

// As udev escapes what disks tell: "\\x20" for each byte that it does not trust.
std::string unescaped(std::string_view text);

// The transport of a disk, from its folder in /sys/devices.
std::string transport_of(std::string_view folder);

// The volume id of the ISO 9660 file system on a device, or "".
std::string iso_volume(const std::filesystem::path& node);

}  // namespace holdfast::install
