// Records into entities of the store: many at a time, each entity read and written once.
#pragma once

#include "catalog/apply.hpp"
#include "catalog/index.hpp"
#include "catalog/store.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::catalog {

class Intake final : public Entities {
public:
    explicit Intake(Store& store) : store_(store), database_(store.database_), index_(store.database_) {}
    // All records of those feeds that were not taken yet. Tells how many.
    Result<std::size_t> take(feed::Store& feeds, std::span<const feed::Feed> from);
    // A snapshot with its pieces, durable as a whole.
    Result<> adopt(const feed::Snapshot& snapshot, const std::vector<std::string>& pieces);

    Result<std::uint32_t> number_of(const Digest& origin) override { return store_.number_of(origin); }
    Result<Merged*> to_change(std::string_view name, std::uint32_t node) override;

private:
    struct Work {
        std::int64_t id = 0;  // 0: it stands nowhere yet
        bool was_there = false;
        std::string state;  // as it stands
        Merged merged;
    };
    Result<> begin();
    Result<> commit();
    Result<> take_feed(feed::Store& feeds, const feed::Feed& feed);
    Result<> go_to(const feed::Feed& feed);
    Result<> take(const feed::Record& record);
    Result<> keep_out(std::string_view entity);
    Result<> stand_behind(const feed::Snapshot& snapshot);
    Result<bool> is_covered(std::uint32_t node, std::string_view entity);
    Result<bool> may_write(std::uint32_t node, std::string_view entity);
    Result<Work> read(std::string_view name);
    Result<> write(const std::string& name, Work& work);
    Result<Findable> findable(const std::string& name, const Merged& merged, bool is_there);

    Store& store_;
    sqlite::Database& database_;
    std::optional<sqlite::Transaction> transaction_;
    std::uint32_t node_ = 0;      // whose feed it is at
    std::uint64_t sequence_ = 0;  // and which record
    std::size_t taken_ = 0, open_ = 0;
    // Of one transaction.
    std::map<std::uint32_t, std::uint64_t> next_;
    ByName<Work> works_;
    std::map<std::uint32_t, std::set<std::string, std::less<>>> spaces_;
    std::map<std::uint32_t, std::map<std::string, std::uint64_t, std::less<>>> covered_;
    Index index_;
};

}  // namespace holdfast::catalog
