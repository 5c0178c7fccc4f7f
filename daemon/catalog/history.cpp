#include "catalog/history.hpp"

#include "catalog/change.hpp"
#include "catalog/fields.hpp"

#include <algorithm>

namespace holdfast::catalog {

namespace {

Result<std::optional<Event>> event_of(const feed::Record& record, const std::string& entity) {
    Event event{{}, record.sequence, record.at, false, {}};
    if (record.type == entity_removed) {
        const auto removal = parse_removal(record.payload);
        if (!removal || removal->entity != entity) return std::nullopt;
        event.removed = true;
        return event;
    }
    if (record.type != entity_set) return std::nullopt;
    const auto change = parse_change(record.payload);
    if (!change || change->entity != entity) return std::nullopt;
    for (const auto& field : change->fields) {
        std::optional<Json> value;
        if (field.value) value = TRY(value_at(std::string(field.path), *field.value));
        event.fields.push_back({std::string(field.path), std::move(value)});
    }
    return event;
}

}  // namespace

Result<std::vector<Event>> history(feed::Store& feeds, const std::string& entity) {
    std::vector<Event> all;
    for (const auto& feed : TRY(feeds.feeds())) {
        if (feed.kind != feed::Class::Catalog) continue;
        const auto use = [&](const feed::Record& record) -> Result<> {
            auto event = TRY(event_of(record, entity));
            if (!event) return {};
            event->origin = feed.origin;
            all.push_back(*std::move(event));
            return {};
        };
        TRY(feeds.read(feed, 0, use));
    }
    std::ranges::sort(all, {}, [](const Event& each) { return std::tie(each.at, each.origin, each.sequence); });
    return all;
}

}  // namespace holdfast::catalog
