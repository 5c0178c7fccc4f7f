// Where this repository and this build are, for tests that use their files. In a library of their own, so that no other
// object depends on the folder it is compiled in.
#pragma once

#include <filesystem>

namespace holdfast {

std::filesystem::path source_folder();
std::filesystem::path build_folder();

}  // namespace holdfast
