// Whole files, read with a limit and written so that a cut leaves the old one or the new one.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

inline constexpr std::size_t mebibyte = 1024UL * 1024;

// The bytes of a file. NotFound where there is none, Corrupt where it is larger than `limit` bytes.
Result<std::string> read_whole(const std::filesystem::path& file, std::size_t limit = 16 * mebibyte);

// The same, and nothing where there is no such file.
Result<std::optional<std::string>> read_if_there(const std::filesystem::path& file, std::size_t limit = 16 * mebibyte);

// Writes beside the file, syncs, renames over it, syncs the folder. NoSpace where the disk is full;
// then the old file is untouched and nothing of the new one is left.
Result<> write_whole(const std::filesystem::path& file, std::string_view bytes, unsigned mode = 0644);

// All of the bytes, however many calls that takes; the file is for the error alone.
Result<> write_all(int fd, std::string_view bytes, const std::filesystem::path& file);

// The file system that holds a path, in bytes: what we may still write, all of it, and one block.
struct Space {
    std::uint64_t free = 0, whole = 0, block = 0;
};
Result<Space> space_at(const std::filesystem::path& place);

// std::filesystem with our errors.
Result<> make_directories(const std::filesystem::path& directory);
Result<> remove_tree(const std::filesystem::path& tree);
// What of a folder `goes` names; nothing where there is no folder to list.
Result<> remove_entries(const std::filesystem::path& folder,
                        const std::function<bool(const std::filesystem::path&)>& goes);
Result<> move_to(const std::filesystem::path& from, const std::filesystem::path& to);  // within one file system

// Makes the renames and removals inside a folder durable.
Result<> sync_directory(const std::filesystem::path& directory);

// The Error for `number` (errno), naming the file.
Error system_error(int number, const std::filesystem::path& file, std::string_view doing);

}  // namespace holdfast
