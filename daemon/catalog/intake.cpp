#include "catalog/intake.hpp"

#include "base/crash_point.hpp"
#include "base/text.hpp"
#include "catalog/rows.hpp"
#include "catalog/state.hpp"

#include <algorithm>

namespace holdfast::catalog {

namespace {

constexpr std::size_t records_at_once = 4096, entity_name_limit = 256;

bool is_entity(std::string_view name) {
    const auto found = parse_reference(name);
    return name.size() <= entity_name_limit && found && text(*found) == name;
}

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

std::int64_t disagreements_in(const Merged& merged) {
    return std::ranges::count_if(merged.fields(), &Merged::in_conflict);
}

}  // namespace

Result<std::size_t> Store::catch_up(feed::Store& feeds) {
    std::size_t taken = 0;
    for (const auto& feed : TRY(feeds.feeds())) {
        if (feed.kind != feed::Class::Catalog || !TRY(has_news(feeds, feed))) continue;
        const auto some = Intake(*this).take(feeds, feed);
        if (!some) forget_nodes();
        taken += TRY(some);
    }
    return taken;
}

// Asked for each answer that a server gives: a transaction would sync the disk for nothing.
Result<bool> Store::has_news(feed::Store& feeds, const feed::Feed& feed) {
    const auto end = TRY(feeds.end(feed));
    const auto next = TRY(database_.first<Number>("SELECT next FROM node WHERE origin = ?", view(feed.origin)));
    return end && end->next > static_cast<std::uint64_t>(next.value_or(0));
}

Result<std::size_t> Intake::take(feed::Store& feeds, const feed::Feed& feed) {
    std::size_t taken = 0;
    std::optional<sqlite::Transaction> transaction;
    std::uint64_t next = 0;
    const auto begin = [&]() -> Result<> {
        transaction.emplace(TRY(database_.begin()));
        TRY(store_.read_nodes());
        node_ = TRY(store_.number_of(feed.origin));
        const auto found = TRY(database_.first<Number>("SELECT next FROM node WHERE id = ?", node_));
        next = static_cast<std::uint64_t>(found.value_or(0));
        return {};
    };
    const auto commit = [&]() -> Result<> {
        TRY(write_all(next));
        crash_point("catalog.taken");
        return transaction->commit();
    };
    const auto use = [&](const feed::Record& record) -> Result<> {
        if (record.sequence < next) return {};
        TRY(take(record));
        next = record.sequence + 1;
        if (++taken % records_at_once != 0) return {};
        TRY(commit());
        return begin();
    };
    TRY(begin());
    TRY(feeds.read(feed, next, use));
    TRY(commit());
    return taken;
}

Result<> Intake::take(const feed::Record& record) {
    if (record.type == entity_set) return set(record);
    if (record.type == entity_removed) return remove(record);
    return {};
}

Result<> Intake::keep_out(const feed::Record& record, std::string_view entity) {
    TRY(database_.run("INSERT INTO kept_out(node, sequence, entity) VALUES(?, ?, ?) ON CONFLICT DO NOTHING", node_,
                      static_cast<Number>(record.sequence), entity));
    return {};
}

Result<Intake::Work*> Intake::work_on(const feed::Record& record, std::string_view entity) {
    if (const auto known = works_.find(entity); known != works_.end()) return &known->second;
    if (!is_entity(entity) || !TRY(store_.may_write(node_, entity))) {
        TRY(keep_out(record, entity.substr(0, entity_name_limit)));
        return nullptr;
    }
    Work work;
    if (const auto found = TRY(
            (database_.first<Number, Blob, Number>("SELECT id, state, is_there FROM entity WHERE name = ?", entity)))) {
        const auto& [id, state, is_there] = *found;
        work = {id, is_there != 0, TRY(parse_state(state.bytes)), {}};
        work.after = work.before;
    }
    return &works_.emplace(entity, std::move(work)).first->second;
}

Result<std::vector<Dot>> Intake::dots(const std::vector<Seen>& seen) {
    std::vector<Dot> all;
    for (const auto& each : seen) all.push_back({TRY(store_.number_of(each.origin)), each.sequence});
    return all;
}

Result<> Intake::set(const feed::Record& record) {
    const auto change = parse_change(record.payload);
    if (!change) return keep_out(record, "");
    Work* work = TRY(work_on(record, change->entity));
    if (work == nullptr) return {};
    for (const auto& field : change->fields) {
        const auto over = TRY(dots(field.over));
        work->after.apply(Change{{node_, record.sequence}, record.at, field.path, field.value, over});
    }
    return {};
}

Result<> Intake::remove(const feed::Record& record) {
    const auto removal = parse_removal(record.payload);
    if (!removal) return keep_out(record, "");
    Work* work = TRY(work_on(record, removal->entity));
    if (work == nullptr) return {};
    const auto seen = TRY(dots(removal->seen));
    work->after.apply(Removal{seen});
    return {};
}

// Who may write what is asked once for an entity and a node: the works are those of one feed.
Result<> Intake::write_all(std::uint64_t next) {
    for (auto& [name, work] : works_)
        if (work.id == 0 || work.after != work.before) TRY(write(name, work));
    works_.clear();
    TRY(database_.run("UPDATE node SET next = ? WHERE id = ?", static_cast<Number>(next), node_));
    return {};
}

Result<> Intake::write(const std::string& name, Work& work) {
    const bool is_there = work.after.exists(store_.nodes_);
    const std::string state = write_state(work.after);
    const auto disagreements = disagreements_in(work.after);
    if (work.id == 0) {
        TRY(database_.run("INSERT INTO entity(name, state, is_there, disagreements) VALUES(?, ?, ?, ?)", name,
                          BlobView{state}, static_cast<Number>(is_there), disagreements));
        work.id = *TRY(database_.first<Number>("SELECT last_insert_rowid()"));
    } else {
        TRY(database_.run("UPDATE entity SET state = ?, is_there = ?, disagreements = ? WHERE id = ?", BlobView{state},
                          static_cast<Number>(is_there), disagreements, work.id));
    }
    return index(work.id, TRY(index_of(name, work.before, work.was_there)), TRY(index_of(name, work.after, is_there)));
}

Result<Intake::Index> Intake::index_of(const std::string& name, const Merged& merged, bool is_there) {
    if (!is_there) return Index{};
    const Json document = TRY(said_document(name, merged, store_.nodes_));
    return Index{terms(document), links(document), words(document)};
}

Result<> Intake::index(std::int64_t id, const Index& before, const Index& after) {
    for (const auto& each : without(before.terms, after.terms)) TRY(drop(id, each));
    for (const auto& each : without(after.terms, before.terms)) TRY(add(id, each));
    for (const auto& each : without(before.links, after.links))
        TRY(database_.run("DELETE FROM link WHERE source = ? AND type = ? AND target = ?", id, each.type, each.target));
    for (const auto& each : without(after.links, before.links))
        TRY(database_.run("INSERT INTO link(source, type, target, back) VALUES(?, ?, ?, ?)", id, each.type, each.target,
                          each.back));
    if (before.words == after.words) return {};
    if (!before.words.empty()) TRY(database_.run("DELETE FROM words WHERE rowid = ?", id));
    if (!after.words.empty()) TRY(database_.run("INSERT INTO words(rowid, body) VALUES(?, ?)", id, after.words));
    return {};
}

Result<> Intake::add(std::int64_t id, const Term& term) {
    const auto number = TRY(key(term.key));
    const auto value = or_none(term.value), written = or_none(term.written);
    TRY(database_.run("INSERT INTO term(key, value, entity) VALUES(?, ?, ?) ON CONFLICT DO NOTHING", number, value,
                      id));
    TRY(
        database_.run("INSERT INTO tally(key, value, written, count) VALUES(?, ?, ?, 1)"
                      " ON CONFLICT DO UPDATE SET count = count + 1",
                      number, value, written));
    return {};
}

Result<> Intake::drop(std::int64_t id, const Term& term) {
    const auto number = TRY(key(term.key));
    const auto value = or_none(term.value), written = or_none(term.written);
    TRY(database_.run("DELETE FROM term WHERE key = ? AND value = ? AND entity = ?", number, value, id));
    TRY(database_.run("UPDATE tally SET count = count - 1 WHERE key = ? AND value = ? AND written = ?", number, value,
                      written));
    TRY(database_.run("DELETE FROM tally WHERE key = ? AND value = ? AND written = ? AND count <= 0", number, value,
                      written));
    return {};
}

Result<std::int64_t> Intake::key(const std::string& name) {
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
