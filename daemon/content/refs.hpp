// Names for commits in a repository: what has one is kept when the rest is cleaned up.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace holdfast::content {

Result<> set_ref(const std::filesystem::path& repo, const std::string& ref, const std::string& commit);
// Fine where there is none.
Result<> drop_ref(const std::filesystem::path& repo, const std::string& ref);

// The commit and all its objects are there, as far as earlier pulls said so.
bool is_whole(const std::filesystem::path& repo, const std::string& commit);

// Bytes of a file of a commit.
Result<std::uint64_t> file_size(const std::filesystem::path& repo, const std::string& commit,
                                const std::filesystem::path& file);

}  // namespace holdfast::content
