// Whether a document is an entity, as Backstage's own catalog would say: its envelope by the policies of
// @backstage/catalog-model, its spec by the kind's schema.
#pragma once

#include "base/json.hpp"

#include <string>
#include <vector>

namespace holdfast::catalog {

// What is wrong with it, in words with the place ("spec.owner: is missing"); nothing where it is an entity.
std::vector<std::string> objections(const Json& document);

}  // namespace holdfast::catalog
