// What a record of a feed says of an entity, merged into it: the one way from its bytes to what is so, for the store
// and in memory.
#pragma once

#include "catalog/change.hpp"
#include "catalog/merge.hpp"
#include "catalog/numbers.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace holdfast::catalog {

// Where merged entities stand, and who says anything of them.
class Entities {
public:
    Entities() = default;
    Entities(const Entities&) = delete;
    Entities& operator=(const Entities&) = delete;
    virtual ~Entities() = default;
    // The number of that node, known before or not.
    virtual Result<std::uint32_t> number_of(const Digest& origin) = 0;
    // For a change by that node; empty where nothing was said of it yet. Nothing where the node may not make one.
    virtual Result<Merged*> to_change(std::string_view name, std::uint32_t node) = 0;
};

enum class Said {
    Taken,
    NotAllowed,  // by a node that may not write that
    Unreadable,
    Else,  // of something that is no entity
};

Result<Said> apply(const feed::Record& record, std::uint32_t node, Entities& to);

// In memory, and everybody may write everywhere.
class Gathered final : public Entities {
public:
    Result<std::uint32_t> number_of(const Digest& origin) override { return numbers_.add(origin); }
    Result<Merged*> to_change(std::string_view name, std::uint32_t node) override;
    Rank rank() const { return numbers_.all(); }
    const ByName<Merged>& all() const { return all_; }

private:
    Numbers numbers_;
    ByName<Merged> all_;
};

}  // namespace holdfast::catalog
