// Documents that are entities, and many that are nearly so: every kind with every member as something else, and names,
// labels, tags and URLs at the borders of what is taken.
#pragma once

#include "base/json.hpp"

#include <string>
#include <vector>

namespace holdfast::catalog {

// One good document of each kind, with all that its schema names.
std::vector<Json> good_documents();
// These, and each of them changed in one place.
std::vector<Json> corpus();

}  // namespace holdfast::catalog
