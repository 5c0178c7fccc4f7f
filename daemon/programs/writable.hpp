// Mounts of this process alone: the system partition writable, a stick readable.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast {

// In a mount namespace of our own; everybody else goes on seeing it read-only. Nothing to do below another root.
Result<> make_writable(const std::filesystem::path& root);

// A stick or disc that is given by its device is mounted, read-only and for this process alone; where its files are.
// Any other path is left as it is. Denied, with mount(8)'s words, where that does not go.
Result<std::string> reach(const std::string& source);

}  // namespace holdfast
