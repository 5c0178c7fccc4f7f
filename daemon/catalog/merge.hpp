// What many nodes say about one entity, merged: the same whatever order it comes in, and however often.
#pragma once

#include "base/json.hpp"
#include "feed/record.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::catalog {

// The change with that sequence in the feed of that node. Nodes are numbered by whoever keeps the entities; the number
// of one never changes there.
struct Dot {
    std::uint32_t node = 0;
    std::uint64_t sequence = 0;
    friend auto operator<=>(const Dot&, const Dot&) = default;
};

// One field of an entity gets a value, or none. It takes the place of whatever its author saw there.
struct Change {
    Dot dot;
    feed::Stamp at;
    std::string_view path;                  // JSON Pointer (RFC 6901)
    std::optional<std::string_view> value;  // deterministic CBOR; nothing: the field goes
    std::span<const Dot> over;              // the newest of each other node that its author saw there
};

// The whole entity goes, as its author saw it: what others did to it meanwhile stays.
struct Removal {
    std::span<const Dot> seen;  // the newest of each node
};

// What somebody has said of a field, and nobody has replaced.
struct Version {
    Dot dot;
    feed::Stamp at;
    std::optional<std::string> value;
    friend bool operator==(const Version&, const Version&) = default;
};

struct Field {
    std::string path;
    // Of one node one at most, by its number. More than one: they did not know of each other.
    std::vector<Version> versions;
    // The newest of each node that somebody has replaced, where it has no version after that.
    std::vector<Dot> covered;
    friend bool operator==(const Field&, const Field&) = default;
};

// Orders nodes whose changes have the same stamp: the numbers of two keepers differ, these do not.
using Rank = std::span<const Digest>;  // by a node's number

class Merged {
public:
    Merged() = default;
    // As it was kept: both by what they are found by.
    Merged(std::vector<Field> fields, std::vector<Dot> removed)
        : fields_(std::move(fields)), removed_(std::move(removed)) {}
    // Commutative, associative, idempotent: what comes of a set of these is a function of that set.
    void apply(const Change& change);
    void apply(const Removal& removal);

    const std::vector<Field>& fields() const { return fields_; }
    // The newest of each node that is gone with the entity, by node.
    const std::vector<Dot>& removed() const { return removed_; }
    // Nothing where there is no such field, or never was.
    const Field* field(std::string_view path) const;
    // The one that counts: the newest stamp, and of two such the higher rank.
    static const Version& winner(const Field& field, Rank rank);
    // Whether two nodes have said different things and nobody has decided.
    static bool in_conflict(const Field& field);
    // What an author who sees this has to name in a change of that path; of all nodes but its own.
    std::vector<Dot> seen_at(std::string_view path, std::uint32_t author) const;
    // The same for a removal.
    std::vector<Dot> seen() const;
    // Whether any field has a value.
    bool exists(Rank rank) const;
    // Drops what only says that something is gone, where every node has passed that and all it did before: `passed` is
    // by a node's number the sequence below which that is so.
    void collect(std::span<const std::uint64_t> passed);

    friend bool operator==(const Merged&, const Merged&) = default;

private:
    Field& field_at(std::string_view path);
    bool is_removed(const Dot& dot) const;
    std::vector<Field> fields_;  // by path
    std::vector<Dot> removed_;   // by node: all up to this one is gone
};

}  // namespace holdfast::catalog
