// Snapshots come on sticks and over lines: heads and pieces are read or refused, and what is read writes itself again.
#include "catalog/piece.hpp"
#include "feed/packing.hpp"
#include "feed/snapshot.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto head = feed::parse_snapshot_head(bytes))
        if (feed::write_head(*head) != bytes) __builtin_trap();
    constexpr std::size_t nodes = 4;
    if (const auto piece = catalog::parse_piece(bytes, nodes)) {
        const std::vector<std::uint32_t> turned{3, 2, 1, 0};
        for (const auto& [name, merged] : *piece)
            if (catalog::renumbered(catalog::renumbered(merged, turned), turned) != merged) __builtin_trap();
        if (catalog::write_piece(*piece) != bytes) __builtin_trap();
    }
    static_cast<void>(feed::decompress(bytes));
    return 0;
}
