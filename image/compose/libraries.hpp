// Whether a program that is put into a finished tree will find its shared libraries there: mkosi's scripts and dpkg
// cannot know of it.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::compose {

struct MissingLibrary {
    std::string name, needed_by;  // "libtss2-tctildr.so.0", and the program or library that asks for it
};

// What `program` needs, and what that needs, and is not in the library folders of `tree`; `loaded` it loads by name.
Result<std::vector<MissingLibrary>> missing_libraries(const std::filesystem::path& tree,
                                                      const std::filesystem::path& program,
                                                      const std::vector<std::string>& loaded);

// The installer program and the libraries in the installer's `archive` (cpio). NotFound names those that are missing
// and where to add them. `scratch` is a folder to work in that is not there yet.
Result<> check_installer_libraries(const std::filesystem::path& archive, const std::filesystem::path& program,
                                   const std::filesystem::path& scratch);

}  // namespace holdfast::compose
