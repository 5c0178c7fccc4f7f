// Changes of entities come in feeds of other nodes, and states from a file: read or refused, and merged without a word.
#include "catalog/change.hpp"
#include "catalog/merge.hpp"
#include "catalog/state.hpp"

using namespace holdfast;
using namespace holdfast::catalog;

namespace {

// Whatever a node says, what comes of it is kept and read again as it was.
void keep(const Merged& merged) {
    const auto again = parse_state(write_state(merged));
    if (!again || *again != merged) __builtin_trap();
}

void take(const EntityChange& change) {
    Merged merged;
    for (const auto& field : change.fields) {
        std::vector<Dot> over;
        for (const auto& each : field.over) over.push_back({each.origin[0] % 4U, each.sequence});
        merged.apply(Change{{5, 7}, {1, 0}, field.path, field.value, over});
    }
    keep(merged);
}

void take(const EntityRemoval& removal) {
    std::vector<Dot> seen;
    for (const auto& each : removal.seen) seen.push_back({each.origin[0] % 4U, each.sequence});
    Merged merged;
    merged.apply(Removal{seen});
    keep(merged);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto change = parse_change(bytes)) {
        if (write_change(*change) != bytes && parse_change(write_change(*change))->entity != change->entity)
            __builtin_trap();
        take(*change);
    }
    if (const auto removal = parse_removal(bytes)) take(*removal);
    if (const auto state = parse_state(bytes)) keep(*state);
    return 0;
}
