// What was seen on a box and the catalog does not say, or says otherwise; and writing that.
#pragma once

#include "catalog/author.hpp"
#include "inventory/entities.hpp"

#include <string>
#include <vector>

namespace holdfast::inventory {

struct News {
    std::vector<Json> changed;      // entities as they are to be
    std::vector<std::string> gone;  // names of entities whose thing is not there any more
    bool empty() const { return changed.empty() && gone.empty(); }
};

// Writes nothing. Corrupt where what was seen makes no entity.
Result<News> news(catalog::Store& store, const Observed& observed);
// All of them, one after the other; the same again goes on where it was cut off.
Result<std::vector<catalog::Applied>> write(const catalog::Author& author, const News& news);

}  // namespace holdfast::inventory
