// What this box is, has and runs, for its catalog.
#pragma once

#include "inventory/entities.hpp"

#include <filesystem>
#include <string>

namespace holdfast {

// As it is seen below `root`; what cannot be seen is left out.
inventory::Observed seen_here(const std::filesystem::path& root, const std::string& name, const std::string& site);

}  // namespace holdfast
