// cpio archives as the kernel's initramfs wants them (format "newc", Documentation/driver-api/early-userspace/
// buffer-format.rst), the same bytes for the same tree.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast::compose {

// All of `tree` as one uncompressed archive: sorted, owned by root, times zero.
Result<std::string> cpio_of(const std::filesystem::path& tree);

// What a kernel module file holds once its .xz or .zst wrapping is taken off.
Result<std::string> unwrapped(const std::filesystem::path& module);

}  // namespace holdfast::compose
