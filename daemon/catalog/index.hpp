// What entities are found by, as it stands in the database: gathered for many entities, written in the order in which
// it lies there.
#pragma once

#include "base/sqlite.hpp"
#include "catalog/numbers.hpp"
#include "catalog/search.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace holdfast::catalog {

// Of one entity; all of it empty where there is none.
struct Findable {
    std::vector<Term> terms;
    std::vector<Link> links;
    std::string words;
};

class Index {
public:
    explicit Index(sqlite::Database& database) : database_(database) {}
    // That entity, whose row that is, was found by one thing and is now by another.
    Result<> change(std::string_view name, std::int64_t entity, const Findable& before, const Findable& after);
    // Writes what `change` has gathered; in the same transaction.
    Result<> write();

private:
    struct Place {
        std::int64_t key = 0;
        std::optional<std::string> value;
        std::int64_t entity = 0;
        friend auto operator<=>(const Place&, const Place&) = default;
    };
    // Key, value, as it is written, kind.
    using Counted = std::tuple<std::int64_t, std::optional<std::string>, std::optional<std::string>, std::string>;

    Result<> change_links(std::int64_t entity, const Findable& before, const Findable& after);
    Result<> gather(std::string_view kind, std::int64_t entity, const std::vector<Term>& terms, int by,
                    std::vector<Place>& into);
    Result<> count(const Counted& what, std::int64_t by);
    Result<std::int64_t> key(const std::string& name);

    sqlite::Database& database_;
    std::vector<Place> gone_, new_;
    std::map<Counted, std::int64_t> counts_;
    ByName<std::int64_t> keys_;
};

}  // namespace holdfast::catalog
