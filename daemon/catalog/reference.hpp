// How one entity names another: KIND:NAMESPACE/NAME, as Backstage writes it.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace holdfast::catalog {

inline constexpr std::string_view default_namespace = "default";

struct Reference {
    std::string kind, space, name;
    friend auto operator<=>(const Reference&, const Reference&) = default;
};

// "[KIND:][NAMESPACE/]NAME", with what is left out in place of it. Corrupt where something is empty, or nobody says the
// kind.
Result<Reference> parse_reference(std::string_view text, std::string_view kind = {},
                                  std::string_view space = default_namespace);
// In small letters, whole: what two names of one entity have in common.
std::string text(const Reference& reference);

inline constexpr std::size_t entity_name_limit = 256;  // bytes
// Whether it is one as text() writes it.
bool is_entity(std::string_view name);

}  // namespace holdfast::catalog
