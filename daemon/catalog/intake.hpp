// Records into entities: many at a time, each entity read and written once.
#pragma once

#include "catalog/change.hpp"
#include "catalog/search.hpp"
#include "catalog/store.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::catalog {

class Intake {
public:
    explicit Intake(Store& store) : store_(store), database_(store.database_) {}
    // All records of that feed that were not taken yet. Tells how many.
    Result<std::size_t> take(feed::Store& feeds, const feed::Feed& feed);

private:
    struct Work {
        std::int64_t id = 0;  // 0: it stands nowhere yet
        bool was_there = false;
        Merged before, after;
    };
    // What it can be found by.
    struct Index {
        std::vector<Term> terms;
        std::vector<Link> links;
        std::string words;
    };
    Result<> take(const feed::Record& record);
    Result<> set(const feed::Record& record);
    Result<> remove(const feed::Record& record);
    Result<> keep_out(const feed::Record& record, std::string_view entity);
    // Nothing where the node may not write it.
    Result<Work*> work_on(const feed::Record& record, std::string_view entity);
    Result<std::vector<Dot>> dots(const std::vector<Seen>& seen);
    Result<> write_all(std::uint64_t next);
    Result<> write(const std::string& name, Work& work);
    Result<Index> index_of(const std::string& name, const Merged& merged, bool is_there);
    Result<> index(std::int64_t id, const Index& before, const Index& after);
    Result<> add(std::int64_t id, const Term& term);
    Result<> drop(std::int64_t id, const Term& term);
    Result<std::int64_t> key(const std::string& name);

    Store& store_;
    sqlite::Database& database_;
    std::uint32_t node_ = 0;
    std::map<std::string, Work, std::less<>> works_;
    std::map<std::string, std::int64_t> keys_;
};

}  // namespace holdfast::catalog
