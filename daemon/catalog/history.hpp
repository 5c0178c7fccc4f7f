// What was said of one entity, by whom and when.
#pragma once

#include "base/json.hpp"
#include "feed/store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::catalog {

struct Event {
    Digest origin{};
    std::uint64_t sequence = 0;
    feed::Stamp at;
    bool removed = false;
    struct Set {
        std::string path;
        std::optional<Json> value;  // nothing: it goes
    };
    std::vector<Set> fields;
};

// By their stamps. Goes through all that the feeds have, also what was kept out of the catalog.
Result<std::vector<Event>> history(feed::Store& feeds, const std::string& entity);

}  // namespace holdfast::catalog
