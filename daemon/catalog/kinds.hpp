// The kinds of entities, what stands in their specs, and which of that leads to other entities: Backstage's model
// (@backstage/catalog-model 1.10, plugin-scaffolder-common 2 for templates), as one table.
#pragma once

#include <span>
#include <string_view>

namespace holdfast::catalog {

enum class Shape {
    Text,        // not empty
    Word,        // any text
    WordOrFlag,  // or true, or false
    Presence,    // "required" or "optional"
    Texts,       // a list, none of them empty
    Words,
    Map,
    Maps,  // a list of maps
    MapOrMaps,
    WordMap,  // what is not named in it is a text
    Any,
};

// From an entity to another one, and back.
struct Relation {
    std::string_view there, back;  // ownedBy, ownerOf
};

struct Member {
    std::string_view name;
    Shape shape = Shape::Text;
    bool required = false;
    std::span<const Member> inside;  // of a map, or of each map of a list; what is not named there is anything
    const Relation* relation = nullptr;
    std::string_view kind;  // of the other one, where its name does not say it
};

struct KindModel {
    std::string_view kind;
    std::span<const std::string_view> versions;  // of apiVersion
    std::span<const Member> spec;
};

std::span<const KindModel> kinds();
// By its name as it is written; nothing where there is none.
const KindModel* find_kind(std::string_view kind);
// What all kinds have.
std::span<const Member> metadata();

}  // namespace holdfast::catalog
