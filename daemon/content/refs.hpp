// Names for commits in a repository: what has one is kept when the rest is cleaned up.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast::content {

Result<> set_ref(const std::filesystem::path& repo, const std::string& ref, const std::string& commit);
// Fine where there is none.
Result<> drop_ref(const std::filesystem::path& repo, const std::string& ref);

}  // namespace holdfast::content
