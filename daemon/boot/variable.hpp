// EFI variables as efivarfs shows them: a file NAME-VENDOR, four bytes of attributes, the data
// (Documentation/filesystems/efivarfs.rst of the kernel). All look under `root` ("/" on a box).
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace holdfast::boot {

namespace vendor {
inline constexpr std::string_view firmware = "8be4df61-93ca-11d2-aa0d-00e098032b8c";  // EFI_GLOBAL_VARIABLE
inline constexpr std::string_view security = "d719b2cb-3d3a-4596-a3bc-dad00e67656f";  // db, dbx
inline constexpr std::string_view loader = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";    // systemd-boot
inline constexpr std::string_view shim = "605dab50-e046-4300-abb6-3dd810dd8b23";
}  // namespace vendor

std::filesystem::path variables_folder(const std::filesystem::path& root);

// The data, without the attributes; at most `limit` bytes, by default a file of 64 KiB. NotFound where there is no such
// variable.
Result<std::string> read_variable(const std::filesystem::path& root, std::string_view name, std::string_view vendor,
                                  std::size_t limit = 64UL * 1024 - 4);

// Makes or replaces a variable that lasts and that firmware and system see (attributes 0x07, UEFI 2.10, section 8.2.1),
// and reads it back: there is firmware that drops what it does not like and says nothing.
// NoSpace where the firmware's memory is full, Denied where it or its file system takes no writes.
Result<> write_variable(const std::filesystem::path& root, std::string_view name, std::string_view vendor,
                        std::string_view data);

// Nothing happens where there is none.
Result<> remove_variable(const std::filesystem::path& root, std::string_view name, std::string_view vendor);

}  // namespace holdfast::boot
