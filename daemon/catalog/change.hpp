// What a node says about an entity in its feed `catalog`: the payload of one record. README.md has the format.
#pragma once

#include "base/digest.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::catalog {

inline constexpr auto entity_set = "entity.set", entity_removed = "entity.removed";

// A change of some node, as all nodes name it.
struct Seen {
    Digest origin{};
    std::uint64_t sequence = 0;
    friend auto operator<=>(const Seen&, const Seen&) = default;
};

struct FieldChange {
    std::string_view path;
    std::optional<std::string_view> value;  // CBOR; nothing: the field goes
    std::vector<Seen> over;
};

// These look at the bytes that they were read from.
struct EntityChange {
    std::string_view entity;  // kind:namespace/name
    std::vector<FieldChange> fields;
};
struct EntityRemoval {
    std::string_view entity;
    std::vector<Seen> seen;
};

std::string write_change(const EntityChange& change);
std::string write_removal(const EntityRemoval& removal);
// Corrupt for anything else, and for what has more than 4096 fields, or 1024 nodes at one.
Result<EntityChange> parse_change(std::string_view bytes);
Result<EntityRemoval> parse_removal(std::string_view bytes);

}  // namespace holdfast::catalog
