#include "catalog/merge.hpp"

#include <algorithm>

namespace holdfast::catalog {

namespace {

// The entry of that node in a list by node, or where it would be.
auto of_node(auto& list, std::uint32_t node) {
    return std::ranges::lower_bound(list, node, {}, [](const auto& each) -> std::uint32_t {
        if constexpr (requires { each.dot; })
            return each.dot.node;
        else
            return each.node;
    });
}

const Dot* dot_of(const std::vector<Dot>& list, std::uint32_t node) {
    const auto at = of_node(list, node);
    return at != list.end() && at->node == node ? &*at : nullptr;
}

bool covers(const std::vector<Dot>& list, const Dot& dot) {
    const Dot* there = dot_of(list, dot.node);
    return there != nullptr && there->sequence >= dot.sequence;
}

void raise(std::vector<Dot>& list, const Dot& dot) {
    const auto at = of_node(list, dot.node);
    if (at == list.end() || at->node != dot.node)
        list.insert(at, dot);
    else
        at->sequence = std::max(at->sequence, dot.sequence);
}

// All of that node up to that change have been replaced.
void cover(Field& field, const Dot& dot) {
    const auto at = of_node(field.versions, dot.node);
    const bool there = at != field.versions.end() && at->dot.node == dot.node;
    if (there && at->dot.sequence > dot.sequence) return;
    if (there) field.versions.erase(at);
    raise(field.covered, dot);
}

// A text keeps its room.
void set(std::optional<std::string>& value, const std::optional<std::string_view>& to) {
    if (!to)
        value.reset();
    else if (value)
        value->assign(*to);
    else
        value.emplace(*to);
}

void put(Field& field, const Change& change) {
    auto at = of_node(field.versions, change.dot.node);
    if (at == field.versions.end() || at->dot.node != change.dot.node) {
        at = field.versions.insert(at, Version{change.dot, change.at, {}});
        std::erase_if(field.covered, [&](const Dot& each) { return each.node == change.dot.node; });
    } else if (at->dot.sequence >= change.dot.sequence) {
        return;
    }
    at->dot = change.dot;
    at->at = change.at;
    set(at->value, change.value);
}

}  // namespace

Field& Merged::field_at(std::string_view path) {
    const auto at = std::ranges::lower_bound(fields_, path, {}, &Field::path);
    if (at != fields_.end() && at->path == path) return *at;
    return *fields_.insert(at, {std::string(path), {}, {}});
}

const Field* Merged::field(std::string_view path) const {
    const auto at = std::ranges::lower_bound(fields_, path, {}, &Field::path);
    return at != fields_.end() && at->path == path ? &*at : nullptr;
}

bool Merged::is_removed(const Dot& dot) const {
    return covers(removed_, dot);
}

void Merged::apply(const Change& change) {
    Field& field = field_at(change.path);
    for (const auto& each : change.over)
        if (!is_removed(each)) cover(field, each);
    if (!is_removed(change.dot) && !covers(field.covered, change.dot)) put(field, change);
    if (field.versions.empty() && field.covered.empty())
        std::erase_if(fields_, [&](const Field& each) { return &each == &field; });
}

void Merged::apply(const Removal& removal) {
    for (const auto& each : removal.seen) raise(removed_, each);
    for (auto& field : fields_) {
        std::erase_if(field.versions, [&](const Version& each) { return is_removed(each.dot); });
        std::erase_if(field.covered, [&](const Dot& each) { return is_removed(each); });
    }
    std::erase_if(fields_, [](const Field& each) { return each.versions.empty() && each.covered.empty(); });
}

const Version& Merged::winner(const Field& field, Rank rank) {
    return *std::ranges::max_element(field.versions, [&](const Version& a, const Version& b) {
        if (a.at != b.at) return a.at < b.at;
        return rank[a.dot.node] < rank[b.dot.node];
    });
}

bool Merged::in_conflict(const Field& field) {
    return std::ranges::any_of(field.versions,
                               [&](const Version& each) { return each.value != field.versions.front().value; });
}

std::vector<Dot> Merged::seen_at(std::string_view path, std::uint32_t author) const {
    std::vector<Dot> all;
    const Field* there = field(path);
    if (there == nullptr) return all;
    for (const auto& each : there->versions)
        if (each.dot.node != author) all.push_back(each.dot);
    for (const auto& each : there->covered)
        if (each.node != author) raise(all, each);
    return all;
}

std::vector<Dot> Merged::seen() const {
    std::vector<Dot> all = removed_;
    for (const auto& field : fields_) {
        for (const auto& each : field.versions) raise(all, each.dot);
        for (const auto& each : field.covered) raise(all, each);
    }
    return all;
}

bool Merged::exists(Rank rank) const {
    return std::ranges::any_of(
        fields_, [&](const Field& each) { return !each.versions.empty() && winner(each, rank).value.has_value(); });
}

void Merged::collect(std::span<const std::uint64_t> passed) {
    const auto is_past = [&](const Dot& dot) { return dot.node < passed.size() && dot.sequence < passed[dot.node]; };
    for (auto& field : fields_) {
        std::erase_if(field.covered, is_past);
        if (field.versions.size() == 1 && !field.versions.front().value && is_past(field.versions.front().dot))
            field.versions.clear();
    }
    std::erase_if(fields_, [](const Field& each) { return each.versions.empty() && each.covered.empty(); });
    std::erase_if(removed_, is_past);
}

}  // namespace holdfast::catalog
