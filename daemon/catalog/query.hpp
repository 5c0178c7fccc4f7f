// Questions to the catalog, as Backstage's REST API asks them.
#pragma once

#include "catalog/search.hpp"
#include "catalog/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::catalog {

// That a key has one of these values; with no values: that it is there. In small letters.
struct Condition {
    std::string key;
    std::vector<std::string> values;
    friend bool operator==(const Condition&, const Condition&) = default;
};
// All of these.
using Filter = std::vector<Condition>;

// "kind=component,metadata.annotations.backstage.io/orphan": commas are "and", a key that comes twice is one with both
// values. Corrupt where a key is missing, or there are more than 64.
Result<Filter> parse_filter(std::string_view text);

struct Order {
    std::string key;  // in small letters; what does not have it comes last
    bool descending = false;
};

struct Query {
    std::vector<Filter> any;  // one of these; none at all: everything
    std::string words;        // each of them begins a word of the entity
    // With these, instead: one of the keys has a value in which all of `words` stands as it is.
    std::vector<std::string> word_keys;
    std::vector<Order> order;  // and then by name
    std::uint64_t offset = 0, limit = UINT64_MAX;
    // Only names behind this one, or the last ones before that one; of use where there is no other order.
    std::string after, before;
};

// The names of those that meet it, one page of them.
Result<std::vector<std::string>> find(Store& store, const Query& query);
// Whether an entity that is found by these meets one of the filters.
bool meets(const std::vector<Term>& terms, const std::vector<Filter>& any);
// How many meet it on all pages together.
Result<std::uint64_t> count(Store& store, const Query& query);

struct Facet {
    std::string value;  // as it is written
    std::uint64_t count = 0;
};
// Which values a key has among those that meet the query, and how often; by value.
Result<std::vector<Facet>> facets(Store& store, const Query& query, const std::string& key);

}  // namespace holdfast::catalog
