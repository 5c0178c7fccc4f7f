// Questions as newer clients of Backstage ask them: {"$all": [{"kind": "Component"}, {"spec.type": {"$in": […]}}]}.
#pragma once

#include "base/json.hpp"
#include "catalog/query.hpp"

#include <vector>

namespace holdfast::catalog {

// The same as filters, one of which has to be met. Corrupt for what cannot be said by those ($not, $hasPrefix, …), and
// for more than 64 of them.
Result<std::vector<Filter>> filters_of(const Json& predicate);

}  // namespace holdfast::catalog
