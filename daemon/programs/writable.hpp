// The system partition, writable for this process alone.
#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace holdfast {

// In a mount namespace of our own; everybody else goes on seeing it read-only. Nothing to do below another root.
Result<> make_writable(const std::filesystem::path& root);

}  // namespace holdfast
