#include "catalog/intake.hpp"

#include "base/crash_point.hpp"
#include "base/text.hpp"
#include "catalog/reference.hpp"
#include "catalog/rows.hpp"
#include "catalog/state.hpp"

#include <algorithm>

namespace holdfast::catalog {

namespace {

// Of one transaction: an entity that several nodes have changed is read and written once in it.
constexpr std::size_t most_records = 65'536, most_entities = 8192;

std::int64_t disagreements_in(const Merged& merged) {
    return std::ranges::count_if(merged.fields(), &Merged::in_conflict);
}

}  // namespace

Result<std::size_t> Store::catch_up(feed::Store& feeds) {
    const auto all = TRY(feeds.feeds());
    return catch_up(feeds, all);
}

Result<std::size_t> Store::catch_up(feed::Store& feeds, std::span<const feed::Feed> from) {
    if (TRY(adopt(feeds))) return catch_up(feeds);
    std::vector<feed::Feed> news;
    for (const auto& feed : from)
        if (feed.kind == feed::Class::Catalog && TRY(has_news(feeds, feed))) news.push_back(feed);
    if (news.empty()) return std::size_t{0};
    const auto taken = Intake(*this).take(feeds, news);
    // The numbers of a transaction that was not made are none.
    if (!taken) numbers_.clear();
    return taken;
}

// Asked for each answer that a server gives: a transaction would sync the disk for nothing.
Result<bool> Store::has_news(feed::Store& feeds, const feed::Feed& feed) {
    const auto end = TRY(feeds.end(feed));
    const auto next = TRY(database_.first<Number>("SELECT next FROM node WHERE origin = ?", view(feed.origin)));
    return end && end->next > static_cast<std::uint64_t>(next.value_or(0));
}

Result<std::size_t> Intake::take(feed::Store& feeds, std::span<const feed::Feed> from) {
    TRY(begin());
    for (const auto& feed : from) TRY(take_feed(feeds, feed));
    TRY(commit());
    return taken_;
}

Result<> Intake::begin() {
    transaction_.emplace(TRY(database_.begin()));
    return store_.read_nodes();
}

Result<> Intake::commit() {
    for (auto& [name, work] : works_) TRY(write(name, work));
    TRY(index_.write());
    for (const auto& [node, next] : next_)
        TRY(database_.run("UPDATE node SET next = ? WHERE id = ?", static_cast<Number>(next), node));
    crash_point("catalog.taken");
    TRY(transaction_->commit());
    transaction_.reset();
    works_.clear();
    spaces_.clear();
    covered_.clear();
    next_.clear();
    open_ = 0;
    return {};
}

// Another program may have taken some of it meanwhile.
Result<> Intake::go_to(const feed::Feed& feed) {
    node_ = TRY(store_.number_of(feed.origin));
    const auto found = TRY(database_.first<Number>("SELECT next FROM node WHERE id = ?", node_));
    next_[node_] = static_cast<std::uint64_t>(found.value_or(0));
    return {};
}

Result<> Intake::take_feed(feed::Store& feeds, const feed::Feed& feed) {
    TRY(go_to(feed));
    return feeds.read(feed, next_[node_], [&](const feed::Record& record) -> Result<> {
        if (record.sequence < next_[node_]) return {};
        TRY(take(record));
        next_[node_] = record.sequence + 1;
        ++taken_;
        if (++open_ < most_records && works_.size() < most_entities) return {};
        TRY(commit());
        TRY(begin());
        return go_to(feed);
    });
}

Result<> Intake::take(const feed::Record& record) {
    sequence_ = record.sequence;
    if (TRY(apply(record, node_, *this)) == Said::Unreadable) TRY(keep_out(""));
    return {};
}

Result<> Intake::keep_out(std::string_view entity) {
    TRY(database_.run("INSERT INTO kept_out(node, sequence, entity) VALUES(?, ?, ?) ON CONFLICT DO NOTHING", node_,
                      static_cast<Number>(sequence_), entity));
    return {};
}

Result<bool> Intake::may_write(std::uint32_t node, std::string_view entity) {
    auto [known, is_new] = spaces_.try_emplace(node);
    auto& spaces = known->second;
    if (is_new)
        TRY(database_.query<std::string>(
            "SELECT space FROM may_write WHERE node = ?", [&](std::string space) { spaces.insert(std::move(space)); },
            node));
    return spaces.contains(space_of(entity)) || spaces.contains(Store::everywhere);
}

Result<bool> Intake::is_covered(std::uint32_t node, std::string_view entity) {
    auto [known, is_new] = covered_.try_emplace(node);
    auto& floors = known->second;
    if (is_new)
        TRY((database_.query<std::string, Number>(
            "SELECT space, next FROM covered WHERE node = ?",
            [&](std::string space, Number next) { floors[std::move(space)] = static_cast<std::uint64_t>(next); },
            node)));
    const auto floor = floors.find(space_of(entity));
    return floor != floors.end() && sequence_ < floor->second;
}

Result<Merged*> Intake::to_change(std::string_view name, std::uint32_t node) {
    const auto known = works_.find(name);
    const bool fits = known != works_.end() || is_entity(name);
    if (!fits || !TRY(may_write(node, name))) {
        TRY(keep_out(name.substr(0, entity_name_limit)));
        return nullptr;
    }
    if (TRY(is_covered(node, name))) return nullptr;
    if (known != works_.end()) return &known->second.merged;
    return &works_.emplace(name, TRY(read(name))).first->second.merged;
}

Result<Intake::Work> Intake::read(std::string_view name) {
    auto found = TRY((database_.first<Number, Blob, Number>(
        "SELECT id, state, is_there FROM entity JOIN said ON entity = id WHERE name = ?", name)));
    if (!found) return Work{};
    auto& [id, state, is_there] = *found;
    Merged merged = TRY(parse_state(state.bytes));
    return Work{id, is_there != 0, std::move(state.bytes), std::move(merged)};
}

Result<> Intake::write(const std::string& name, Work& work) {
    const std::string state = write_state(work.merged);
    if (work.id != 0 && state == work.state) return {};
    const bool is_there = work.merged.exists(store_.nodes());
    const auto disagreements = disagreements_in(work.merged);
    Findable before;
    if (work.id == 0) {
        TRY(database_.run("INSERT INTO entity(name, is_there, disagreements) VALUES(?, ?, ?)", name,
                          static_cast<Number>(is_there), disagreements));
        work.id = *TRY(database_.first<Number>("SELECT last_insert_rowid()"));
        TRY(database_.run("INSERT INTO said(entity, state) VALUES(?, ?)", work.id, BlobView{state}));
    } else {
        TRY(database_.run("UPDATE entity SET is_there = ?, disagreements = ? WHERE id = ?",
                          static_cast<Number>(is_there), disagreements, work.id));
        TRY(database_.run("UPDATE said SET state = ? WHERE entity = ?", BlobView{state}, work.id));
        const Merged was = TRY(parse_state(work.state));
        before = TRY(findable(name, was, work.was_there));
    }
    return index_.change(name, work.id, before, TRY(findable(name, work.merged, is_there)));
}

Result<Findable> Intake::findable(const std::string& name, const Merged& merged, bool is_there) {
    if (!is_there) return Findable{};
    const Json document = TRY(said_document(name, merged, store_.nodes()));
    return Findable{terms(document), links(document), words(document)};
}

}  // namespace holdfast::catalog
