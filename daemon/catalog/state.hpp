// A merged entity as the bytes that a store keeps of it.
#pragma once

#include "base/result.hpp"
#include "catalog/merge.hpp"

#include <string>
#include <string_view>

namespace holdfast::catalog {

// CBOR: [removed, path, covered, versions, path, …], where removed and covered are [node, sequence, …] and versions are
// [node, sequence, wall, count, value or null, …].
std::string write_state(const Merged& merged);
// Corrupt for anything else.
Result<Merged> parse_state(std::string_view bytes);

}  // namespace holdfast::catalog
