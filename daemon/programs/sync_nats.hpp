// holdfast sync nats-config: what this box's own nats-server is told, which is a leaf of its hub's.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast {

inline constexpr auto nats_folder = "run/holdfast/nats", nats_store = "var/lib/holdfast-nats";

struct Leaf {
    std::filesystem::path root, folder;  // "": where `holdfast sync now` looks for it
    std::string tcti, group;             // of who runs the server; "": root's
};

// NotFound, with what to do, where nobody wants a leaf here, or the box has no authority of its own.
Result<int> write_leaf(const Leaf& wish);

}  // namespace holdfast
