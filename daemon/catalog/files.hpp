// Entities in files, as people keep them beside their code: catalog-info.yaml.
#pragma once

#include "base/json.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::catalog {

struct Found {
    std::string place;  // FILE:LINE
    Json document;
};

// All documents of a file; of all files called catalog-info.yaml or .yml in a folder and those below it; and of the
// files that a Location among them names, by paths from where it stands. Each file once. NotFound where there is none.
Result<std::vector<Found>> documents_in(const std::filesystem::path& place);

}  // namespace holdfast::catalog
