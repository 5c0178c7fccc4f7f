#include "base/scratch.hpp"

#include "base/file.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>

namespace holdfast {

Result<Scratch> Scratch::make(std::string_view name) {
    std::error_code none;
    std::string pattern =
        (std::filesystem::temp_directory_path(none) / ("holdfast-" + std::string(name) + "-XXXXXX")).string();
    if (none) pattern = "/tmp/holdfast-" + std::string(name) + "-XXXXXX";
    if (!::mkdtemp(pattern.data())) return std::unexpected(system_error(errno, pattern, "cannot make the folder"));
    return Scratch(pattern);
}

Scratch::~Scratch() {
    std::error_code ignored;  // nobody to tell, and the folder is in a place that is swept
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace holdfast
