// Secrets lie in files that nobody else can read.
#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace holdfast::keys {

// Denied, with what to do, where others can read `path`, which lies in the key directory `directory`.
Result<> check_private(const std::filesystem::path& path, const std::filesystem::path& directory);

}  // namespace holdfast::keys
