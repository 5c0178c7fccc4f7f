// The store's part of forgetting: what only says that something is gone, once everybody knows.
#include "base/crash_point.hpp"
#include "catalog/rows.hpp"
#include "catalog/state.hpp"
#include "catalog/store.hpp"

#include <algorithm>

namespace holdfast::catalog {

// By a node's number here. Nothing is passed until all have all that was taken in here, as an end of something may be
// the newest of it. A node that may not write there, or of whose records some are kept out and may come back, is not
// passed at all.
Result<std::vector<std::uint64_t>> Store::passed_by(const std::string& space,
                                                    const std::map<Digest, std::uint64_t>& passed) {
    std::vector<std::uint64_t> all(nodes().size(), 0);
    bool lacking = false;
    const auto use = [&](std::int64_t node, const Blob& origin, std::int64_t next) -> Result<> {
        const auto found = passed.find(TRY(digest_of_blob(origin)));
        const auto here = static_cast<std::uint64_t>(next);
        lacking = lacking || (here > 0 && (found == passed.end() || found->second < here));
        if (static_cast<std::size_t>(node) < all.size()) all[static_cast<std::size_t>(node)] = here;
        return {};
    };
    TRY(
        (database_.query<Number, Blob, Number>("SELECT id, origin, next FROM node WHERE EXISTS(SELECT 1 FROM may_write "
                                               "WHERE node = node.id AND space IN (?, ?))"
                                               " AND NOT EXISTS(SELECT 1 FROM kept_out WHERE node = node.id)",
                                               use, space, everywhere)));
    if (lacking) std::ranges::fill(all, 0);
    return all;
}

Result<std::size_t> Store::collect(const std::string& space, const std::map<Digest, std::uint64_t>& passed) {
    auto transaction = TRY(database_.begin());
    TRY(read_nodes());
    const auto limits = TRY(passed_by(space, passed));
    std::vector<std::pair<std::int64_t, Merged>> smaller;
    const auto look = [&](std::int64_t id, std::string name, const Blob& state) -> Result<> {
        if (space_of(name) != space) return {};
        Merged merged = TRY(parse_state(state.bytes));
        merged.collect(limits);
        if (write_state(merged) != state.bytes) smaller.emplace_back(id, std::move(merged));
        return {};
    };
    TRY((database_.query<Number, std::string, Blob>("SELECT id, name, state FROM entity JOIN said ON entity = id",
                                                    look)));
    for (const auto& [id, merged] : smaller) {
        if (!merged.fields().empty() || !merged.removed().empty()) {
            TRY(database_.run("UPDATE said SET state = ? WHERE entity = ?", BlobView{write_state(merged)}, id));
            continue;
        }
        TRY(database_.run("DELETE FROM said WHERE entity = ?", id));
        TRY(database_.run("DELETE FROM entity WHERE id = ?", id));
    }
    crash_point("catalog.collected");
    TRY(transaction.commit());
    return smaller.size();
}

}  // namespace holdfast::catalog
