#include "catalog/predicate.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace holdfast::catalog {

namespace {

constexpr std::size_t most_filters = 64, deepest = 16;

std::unexpected<Error> cannot(const std::string& what) {
    return fail(Code::Corrupt,
                what + "; a query is made of $all, $any, KEY: VALUE, KEY: {$in: […]} and KEY: {$exists: true}");
}

Result<std::string> value_of(const Json& value) {
    if (value.is_string()) return small(value.get<std::string>());
    if (value.is_number() || value.is_boolean()) return small(value.dump());
    return cannot("'" + value.dump() + "' is no value of a key");
}

Result<Condition> condition(const std::string& key, const Json& wanted) {
    Condition made{small(key), {}};
    if (!wanted.is_object()) {
        made.values.push_back(TRY(value_of(wanted)));
        return made;
    }
    if (wanted.size() == 1 && wanted.contains("$exists") && wanted["$exists"] == true) return made;
    if (wanted.size() != 1 || !wanted.contains("$in") || !wanted["$in"].is_array() || wanted["$in"].empty())
        return cannot("'" + wanted.dump() + "' cannot be asked of " + key);
    for (const auto& each : wanted["$in"]) made.values.push_back(TRY(value_of(each)));
    return made;
}

using Filters = std::vector<Filter>;

Result<Filters> read(const Json& predicate, std::size_t depth);

// One of these and one of those.
Result<Filters> both(const Filters& one, const Filters& other) {
    Filters all;
    for (const auto& a : one)
        for (const auto& b : other) {
            all.push_back(a);
            all.back().insert(all.back().end(), b.begin(), b.end());
            if (all.size() > most_filters) return cannot("this query says too many things at once");
        }
    return all;
}

Result<Filters> all_of(const Json& list, std::size_t depth) {
    Filters met{{}};
    for (const auto& each : list) {
        const Filters more = TRY(read(each, depth + 1));
        met = TRY(both(met, more));
    }
    return met;
}

Result<Filters> any_of(const Json& list, std::size_t depth) {
    Filters all;
    for (const auto& each : list) {
        const Filters more = TRY(read(each, depth + 1));
        all.insert(all.end(), more.begin(), more.end());
    }
    if (all.empty() || all.size() > most_filters) return cannot("$any takes from 1 to 64 things");
    return all;
}

Result<Filters> read(const Json& predicate, std::size_t depth) {
    if (!predicate.is_object() || depth > deepest) return cannot("this is no query");
    Filters met{{}};
    for (const auto& [key, value] : predicate.items()) {
        Filters more;
        if (key == "$all" || key == "$any") {
            if (!value.is_array()) return cannot(key + " takes a list");
            more = TRY(key == "$all" ? all_of(value, depth) : any_of(value, depth));
        } else if (key.starts_with('$')) {
            return cannot(key + " is not known here");
        } else {
            more = {{TRY(condition(key, value))}};
        }
        met = TRY(both(met, more));
    }
    return met;
}

}  // namespace

Result<std::vector<Filter>> filters_of(const Json& predicate) {
    return read(predicate, 0);
}

}  // namespace holdfast::catalog
