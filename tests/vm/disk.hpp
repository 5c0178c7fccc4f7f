// Disk images from outside: layers over them, empty ones, and edits of the partitions inside, by tools of QEMU,
// util-linux, mtools and e2fsprogs. Nothing is mounted, so nothing needs privileges or can be left mounted.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::vm {

// A qcow2 file at `into` that shows `base` (raw or qcow2) and takes all writes, so `base` stays as it is. A `size`
// makes it larger than its base.
Result<> make_overlay(const std::filesystem::path& base, const std::filesystem::path& into,
                      std::optional<std::uintmax_t> size = std::nullopt);
// An empty raw disk of `size` bytes that takes no space until it is written.
Result<> make_empty_disk(const std::filesystem::path& file, std::uintmax_t size);
// An empty FAT file system of 64 MiB, as a stick has it, at `file` where nothing is. Corrupt where a folder is.
Result<> make_stick(const std::filesystem::path& file);
// A raw copy that can be edited; holes stay holes, and where the file system can, nothing is copied at all.
Result<> copy_disk(const std::filesystem::path& from, const std::filesystem::path& into);
// A raw copy of a qcow2 (or raw) disk.
Result<> flatten_disk(const std::filesystem::path& from, const std::filesystem::path& into);

struct Partition {
    std::string name;          // GPT label
    std::uintmax_t begin = 0;  // bytes
    std::uintmax_t size = 0;   // bytes
};
Result<std::vector<Partition>> partitions(const std::filesystem::path& raw);
Result<Partition> partition(const std::filesystem::path& raw, std::string_view name);

// The FAT file system of the partition `holdfast-esp` in a raw disk. Paths as "EFI/Linux/holdfast-1-a+3.efi".
class Esp {
public:
    static Result<Esp> open(const std::filesystem::path& raw);
    // The partition alone, in a file of its own.
    static Esp alone(const std::filesystem::path& file) { return Esp(file.string() + "@@0"); }
    Result<std::vector<std::string>> list(const std::string& folder) const;  // bare names
    Result<> read(const std::string& path, const std::filesystem::path& into) const;
    Result<> write(const std::filesystem::path& from, const std::string& path) const;
    Result<> make_folder(const std::string& path) const;
    // `to` is a name in the same folder.
    Result<> rename(const std::string& path, const std::string& to) const;
    Result<> remove(const std::string& path) const;

private:
    explicit Esp(std::string drive) : drive_(std::move(drive)) {}
    std::string drive_;  // FILE@@OFFSET, as mtools takes it
};

// The ext4 file system of the partition `holdfast-system` in a raw disk.
class System {
public:
    static Result<System> open(const std::filesystem::path& raw);
    // The deployment that the link ostree/root.SLOT names, as "/ostree/deploy/NAME/deploy/CHECKSUM.0".
    Result<std::string> deployment(char slot) const;
    Result<> read(const std::string& path, const std::filesystem::path& into) const;
    // Makes the folders above `path` where they are missing; replaces the file.
    Result<> write(std::string_view bytes, const std::string& path, unsigned mode) const;
    Result<> link(const std::string& target, const std::string& path) const;

private:
    explicit System(std::string device) : device_(std::move(device)) {}
    // One request of debugfs(8). It ends with 0 whatever happens, so its words are looked at.
    Result<std::string> request(const std::string& words, bool writing) const;
    std::string device_;  // FILE?offset=BYTES, as e2fsprogs takes it
};

// Turns one bit of the byte in the middle of a file.
Result<> flip_a_byte(const std::filesystem::path& file);

}  // namespace holdfast::vm
