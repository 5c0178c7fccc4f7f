// An entry of hardware/, profiles/ or recipes/: a folder with a YAML file, chosen by name.
#pragma once

#include "base/yaml.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::recipe {

// The YAML file of `name` in `folder`. NotFound with the nearest name that exists there; `what` is a board, a profile…
Result<std::filesystem::path> find_entry(const std::filesystem::path& folder, const std::string& name,
                                         const std::string& file, std::string_view what);

// An entry's name is the name of its folder.
Result<> check_name(const yaml::Mapping& mapping, const std::string& name, const std::filesystem::path& file);

// Refuses anything that would let one word of the command line become two, or end the quoting.
Result<> check_words(const yaml::Mapping& mapping, std::string_view key, const std::vector<std::string>& words);

}  // namespace holdfast::recipe
