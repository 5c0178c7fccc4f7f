// A site's catalog as it is, for whoever would have to read all that was ever said of it: what Store::portray() makes.
#pragma once

#include "feed/snapshot.hpp"

#include <string>
#include <vector>

namespace holdfast::catalog {

struct Portrait {
    feed::SnapshotHead head;          // without signer and time
    std::vector<std::string> pieces;  // packed (feed/packing.hpp), each of them a piece of piece.hpp
};

}  // namespace holdfast::catalog
