#include "catalog/apply.hpp"

namespace holdfast::catalog {

namespace {

Result<> number(const std::vector<Seen>& seen, Entities& to, std::vector<Dot>& into) {
    into.clear();
    for (const auto& each : seen) into.push_back({TRY(to.number_of(each.origin)), each.sequence});
    return {};
}

Result<Said> set(const feed::Record& record, std::uint32_t node, Entities& to) {
    const auto change = parse_change(record.payload);
    if (!change) return Said::Unreadable;
    Merged* entity = TRY(to.to_change(change->entity, node));
    if (entity == nullptr) return Said::NotAllowed;
    std::vector<Dot> over;
    for (const auto& field : change->fields) {
        TRY(number(field.over, to, over));
        entity->apply(Change{{node, record.sequence}, record.at, field.path, field.value, over});
    }
    return Said::Taken;
}

Result<Said> remove(const feed::Record& record, std::uint32_t node, Entities& to) {
    const auto removal = parse_removal(record.payload);
    if (!removal) return Said::Unreadable;
    Merged* entity = TRY(to.to_change(removal->entity, node));
    if (entity == nullptr) return Said::NotAllowed;
    std::vector<Dot> seen;
    TRY(number(removal->seen, to, seen));
    entity->apply(Removal{seen});
    return Said::Taken;
}

}  // namespace

Result<Said> apply(const feed::Record& record, std::uint32_t node, Entities& to) {
    if (record.type == entity_set) return set(record, node, to);
    if (record.type == entity_removed) return remove(record, node, to);
    return Said::Else;
}

Result<Merged*> Gathered::to_change(std::string_view name, std::uint32_t) {
    const auto known = all_.find(name);
    return known != all_.end() ? &known->second : &all_.try_emplace(std::string(name)).first->second;
}

}  // namespace holdfast::catalog
