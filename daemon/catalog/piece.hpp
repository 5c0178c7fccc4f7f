// Entities with all that was merged of them, as a snapshot of a site carries them.
#pragma once

#include "base/result.hpp"
#include "catalog/merge.hpp"
#include "feed/snapshot.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::catalog {

// CBOR: [name, state, name, state, …], states as state.hpp has them. Nodes are those of the snapshot's head, `feeds`
// and behind them `others`, by their place.
std::string write_piece(const std::vector<std::pair<std::string, Merged>>& entities);
// Corrupt for anything else, for a name that is none, and for a node that is none of so many.
Result<std::vector<std::pair<std::string, Merged>>> parse_piece(std::string_view plain, std::size_t nodes);
// Of a piece as it is carried, packed (feed/packing.hpp), and the head that it belongs to; Corrupt also where an entity
// is of another site.
Result<std::vector<std::pair<std::string, Merged>>> unpack_piece(std::string_view packed,
                                                                 const feed::SnapshotHead& head);

// The same, whose nodes have other numbers: by the old one the new one.
Merged renumbered(const Merged& merged, std::span<const std::uint32_t> numbers);
// Whether all nodes in it are among these.
bool is_of(const Merged& merged, const std::function<bool(std::uint32_t node)>& known);

}  // namespace holdfast::catalog
