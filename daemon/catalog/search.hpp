// What an entity can be found by: the same keys and values as Backstage's own catalog has (plugin-catalog-backend,
// buildEntitySearch), the entities it leads to, and its words.
#pragma once

#include "base/json.hpp"
#include "catalog/reference.hpp"

#include <compare>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::catalog {

inline constexpr std::size_t key_limit = 200, value_limit = 200;  // characters that are looked at

// "spec.type" and "service", both in small letters; the value as it is written beside. Nothing where it is null or
// too long: then the key alone is found.
struct Term {
    std::string key;
    std::optional<std::string> value, written;
    friend auto operator<=>(const Term&, const Term&) = default;
};
// Each once.
std::vector<Term> terms(const Json& entity);

// From that entity to another one: "ownedBy", and back: "ownerOf".
struct Link {
    std::string type, back, target;  // target as text(Reference) writes it
    friend auto operator<=>(const Link&, const Link&) = default;
};
// Each once. What names no entity leads nowhere.
std::vector<Link> links(const Json& entity);

// All that people may look for, for a full-text index.
std::string words(const Json& entity);

}  // namespace holdfast::catalog
