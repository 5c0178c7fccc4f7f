// Files that land on the ESP: FAT has no journal and firmware reads whatever lies there, so each is written under
// another name, synced, read back and compared before it gets its own.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <span>

namespace holdfast::boot {

// A file to be written: from where, to where.
struct Copy {
    std::filesystem::path from, to;
};

// The end of a name that no boot loader takes for a file of its own, while the file is not whole.
inline constexpr std::string_view unfinished = ".new";

// NoSpace, with the bytes needed and found, where the file system of `esp` cannot take the copies, or files of these
// sizes, beside what is there now without `freed` bytes.
Result<> room_for(const std::filesystem::path& esp, std::span<const Copy> copies);
Result<> room_for_sizes(const std::filesystem::path& esp, std::span<const std::uint64_t> sizes, std::uint64_t freed);

// A new name for a file, down before it returns. Linux writes the new name with no bytes behind it; where they lie
// follows when the file itself is synced, and that its folder was is no help (fs/fat/namei_vfat.c, vfat_rename).
Result<> rename_synced(const std::filesystem::path& from, const std::filesystem::path& to);

// Makes the folders, too. A cut leaves the old file or the new one, and perhaps an unfinished one.
Result<> place(const Copy& copy);
Result<> place_all(std::span<const Copy> copies);

// An Error where either cannot be read.
Result<bool> same_bytes(const std::filesystem::path& one, const std::filesystem::path& two);

// What a cut, and the check of the file system after it, leave of a rename: no boot loader takes it for a program.
inline bool is_empty_file(const std::filesystem::directory_entry& entry) {
    std::error_code error;
    return entry.is_regular_file(error) && entry.file_size(error) == 0;
}

// What a cut left behind, half or with no bytes at all: it would otherwise count against the space for ever.
void remove_unfinished(const std::filesystem::path& directory);

}  // namespace holdfast::boot
