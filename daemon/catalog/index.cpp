#include "catalog/index.hpp"

#include "catalog/rows.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast::catalog {

namespace {

// Those of one sorted list that are not in the other.
template <class T>
std::vector<T> without(const std::vector<T>& all, const std::vector<T>& others) {
    std::vector<T> rest;
    std::ranges::set_difference(all, others, std::back_inserter(rest));
    return rest;
}

// As it stands in a row, also where it is none.
sqlite::Value or_none(const std::optional<std::string>& word) {
    return word ? sqlite::Value(*word) : sqlite::Value(BlobView{});
}

}  // namespace

Result<> Index::change(std::string_view name, std::int64_t entity, const Findable& before, const Findable& after) {
    const auto kind = kind_of(name);
    TRY(gather(kind, entity, without(before.terms, after.terms), -1, gone_));
    TRY(gather(kind, entity, without(after.terms, before.terms), 1, new_));
    TRY(change_links(entity, before, after));
    if (before.words == after.words) return {};
    if (!before.words.empty()) TRY(database_.run("DELETE FROM words WHERE rowid = ?", entity));
    if (!after.words.empty()) TRY(database_.run("INSERT INTO words(rowid, body) VALUES(?, ?)", entity, after.words));
    return {};
}

Result<> Index::change_links(std::int64_t entity, const Findable& before, const Findable& after) {
    for (const auto& each : without(before.links, after.links))
        TRY(database_.run("DELETE FROM link WHERE source = ? AND type = ? AND target = ?", entity, each.type,
                          each.target));
    for (const auto& each : without(after.links, before.links))
        TRY(database_.run("INSERT INTO link(source, type, target, back) VALUES(?, ?, ?, ?)", entity, each.type,
                          each.target, each.back));
    return {};
}

Result<> Index::gather(std::string_view kind, std::int64_t entity, const std::vector<Term>& terms, int by,
                       std::vector<Place>& into) {
    for (const auto& each : terms) {
        const auto number = TRY(key(each.key));
        into.push_back({number, each.value, entity});
        counts_[{number, each.value, each.written, std::string(kind)}] += by;
    }
    return {};
}

Result<> Index::write() {
    std::ranges::sort(gone_);
    std::ranges::sort(new_);
    for (const auto& each : gone_)
        TRY(database_.run("DELETE FROM term WHERE key = ? AND value = ? AND entity = ?", each.key, or_none(each.value),
                          each.entity));
    for (const auto& each : new_)
        TRY(database_.run("INSERT INTO term(key, value, entity) VALUES(?, ?, ?) ON CONFLICT DO NOTHING", each.key,
                          or_none(each.value), each.entity));
    for (const auto& [what, by] : counts_)
        if (by != 0) TRY(count(what, by));
    gone_.clear();
    new_.clear();
    counts_.clear();
    return {};
}

Result<> Index::count(const Counted& what, std::int64_t by) {
    const auto& [number, value, written, kind] = what;
    TRY(
        database_.run("INSERT INTO tally(key, value, written, kind, count) VALUES(?, ?, ?, ?, ?)"
                      " ON CONFLICT DO UPDATE SET count = count + excluded.count",
                      number, or_none(value), or_none(written), kind, by));
    if (by < 0)
        TRY(database_.run("DELETE FROM tally WHERE key = ? AND value = ? AND written = ? AND kind = ? AND count <= 0",
                          number, or_none(value), or_none(written), kind));
    return {};
}

Result<std::int64_t> Index::key(const std::string& name) {
    if (const auto known = keys_.find(name); known != keys_.end()) return known->second;
    auto found = TRY(database_.first<Number>("SELECT id FROM term_key WHERE name = ?", name));
    if (!found) {
        TRY(database_.run("INSERT INTO term_key(name) VALUES(?)", name));
        found = TRY(database_.first<Number>("SELECT last_insert_rowid()"));
    }
    keys_.emplace(name, *found);
    return *found;
}

}  // namespace holdfast::catalog
