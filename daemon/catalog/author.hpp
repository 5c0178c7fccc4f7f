// Changes that this node makes to the catalog: each becomes one record of its own feed, and is there when it returns.
#pragma once

#include "catalog/change.hpp"
#include "catalog/files.hpp"
#include "catalog/store.hpp"

#include <span>
#include <string>
#include <vector>

namespace holdfast::catalog {

enum class Outcome { Created, Changed, Unchanged, Removed };

struct Applied {
    std::string entity;  // kind:namespace/name
    Outcome outcome = Outcome::Unchanged;
    std::vector<std::string> fields;  // their paths
};

struct Author {
    Store& store;
    feed::Store& feeds;
    Digest origin;         // this node's
    std::string space;     // of what says no namespace: this node's site
    std::int64_t now = 0;  // milliseconds since the epoch

    // Corrupt where it is no entity: says all that is wrong with it. Denied where this node may not write it.
    Result<Applied> apply(const Json& document) const;
    // All of them at once, or none, whenever it is cut off. Corrupt also where one entity is there twice.
    Result<std::vector<Applied>> apply(std::span<const Found> all) const;
    // NotFound where there is none.
    Result<Applied> remove(const std::string& entity) const;
    // Decides on a field that several nodes have said different things of: what the `choice`-th of them says (from 1
    // on, in the order of disagreements()) counts. NotFound where there is no such disagreement.
    Result<Applied> resolve(const std::string& entity, const std::string& path, std::size_t choice) const;

private:
    Result<Merged> as_it_is(const std::string& entity) const;
    Result<> check_space(const std::string& entity) const;
    // What it takes to make it so, if anything.
    Result<Applied> plan(const Json& document, std::vector<feed::Draft>& drafts) const;
    Result<> write(std::span<const feed::Draft> drafts) const;
    Result<> write(const std::string& entity, const char* type, std::string payload) const;
    std::vector<Seen> seen(const std::vector<Dot>& dots) const;
};

}  // namespace holdfast::catalog
