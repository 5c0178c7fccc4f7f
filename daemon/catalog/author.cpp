#include "catalog/author.hpp"

#include "base/text.hpp"
#include "catalog/fields.hpp"
#include "catalog/reference.hpp"
#include "catalog/validate.hpp"

#include <algorithm>
#include <map>

namespace holdfast::catalog {

namespace {

// What a field says now; nothing where it is not there.
const std::string* value_of(const Merged& merged, std::string_view path, Rank rank) {
    const Field* field = merged.field(path);
    if (field == nullptr || field->versions.empty()) return nullptr;
    const auto& value = Merged::winner(*field, rank).value;
    return value ? &*value : nullptr;
}

// What is computed, and who it is: that stands in its name.
Json own_part(Json document) {
    for (const auto* computed : {"relations", "status"}) document.erase(computed);
    if (document.contains("metadata") && document["metadata"].is_object())
        for (const auto* computed : {"uid", "etag", "namespace"}) document["metadata"].erase(computed);
    return document;
}

// The fields that differ, and what they are to be.
std::vector<FieldChange> differences(const Fields& wanted, const Merged& merged, Rank rank) {
    std::vector<FieldChange> all;
    for (const auto& [path, value] : wanted) {
        const std::string* now = value_of(merged, path, rank);
        if (now == nullptr || *now != value) all.push_back({path, value, {}});
    }
    for (const auto& field : merged.fields())
        if (!wanted.contains(field.path) && value_of(merged, field.path, rank) != nullptr)
            all.push_back({field.path, std::nullopt, {}});
    return all;
}

}  // namespace

std::vector<Seen> Author::seen(const std::vector<Dot>& dots) const {
    std::vector<Seen> all;
    for (const auto& each : dots) all.push_back({store.nodes().at(each.node), each.sequence});
    std::ranges::sort(all);
    return all;
}

// With all that was said here by now: a program may have ended between saying it and taking it in.
Result<Merged> Author::as_it_is(const std::string& entity) const {
    TRY(store.catch_up(feeds));
    return store.merged(entity);
}

Result<> Author::check_space(const std::string& entity) const {
    if (TRY(store.may_write(origin, entity))) return {};
    return fail(Code::Denied, entity + ": this box writes what is in the namespace '" + space +
                                  "' and nothing else; the authority may write everywhere");
}

Result<> Author::write(std::span<const feed::Draft> drafts) const {
    if (drafts.empty()) return {};
    TRY(feeds.append({origin, feed::Class::Catalog}, drafts, now));
    TRY(store.catch_up(feeds));
    return {};
}

Result<> Author::write(const std::string& entity, const char* type, std::string payload) const {
    TRY(check_space(entity));
    const feed::Draft draft{type, std::move(payload)};
    return write({&draft, 1});
}

Result<Applied> Author::plan(const Json& document, std::vector<feed::Draft>& drafts) const {
    const Json own = own_part(document);
    const auto said = objections(document);
    if (!said.empty()) return fail(Code::Corrupt, "this is no entity: " + join(said, "; "));
    const Json& metadata = document.at("metadata");
    Applied applied{text(Reference{document.at("kind"), metadata.value("namespace", space), metadata.at("name")}),
                    Outcome::Unchanged,
                    {}};
    TRY(check_space(applied.entity));
    const Merged merged = TRY(store.merged(applied.entity));
    const auto self = TRY(store.number_of(origin));
    const Fields wanted = fields_of(own);
    EntityChange change{applied.entity, differences(wanted, merged, store.nodes())};
    if (change.fields.empty()) return applied;
    for (auto& field : change.fields) {
        field.over = seen(merged.seen_at(field.path, self));
        applied.fields.emplace_back(field.path);
    }
    applied.outcome = merged.exists(store.nodes()) ? Outcome::Changed : Outcome::Created;
    drafts.push_back({entity_set, write_change(change)});
    return applied;
}

Result<Applied> Author::apply(const Json& document) const {
    TRY(store.catch_up(feeds));
    std::vector<feed::Draft> drafts;
    auto applied = TRY(plan(document, drafts));
    TRY(write(drafts));
    return applied;
}

Result<std::vector<Applied>> Author::apply(std::span<const Found> all) const {
    TRY(store.catch_up(feeds));
    std::vector<feed::Draft> drafts;
    std::vector<Applied> done;
    std::map<std::string, std::string> places;
    for (const auto& each : all) {
        done.push_back(TRY(in(each.place, plan(each.document, drafts))));
        const auto [first, is_new] = places.emplace(done.back().entity, each.place);
        if (!is_new)
            return fail(Code::Corrupt, each.place + ": " + done.back().entity + " is in " + first->second +
                                           " already; nothing was applied");
    }
    TRY(write(drafts));
    return done;
}

Result<Applied> Author::remove(const std::string& entity) const {
    const Merged merged = TRY(as_it_is(entity));
    if (!merged.exists(store.nodes())) return fail(Code::NotFound, "there is no " + entity);
    TRY(write(entity, entity_removed, write_removal({entity, seen(merged.seen())})));
    return Applied{entity, Outcome::Removed, {}};
}

Result<Applied> Author::resolve(const std::string& entity, const std::string& path, std::size_t choice) const {
    const Merged merged = TRY(as_it_is(entity));
    const Field* field = merged.field(path);
    if (field == nullptr || !Merged::in_conflict(*field))
        return fail(Code::NotFound, entity + ": nobody disagrees about " + path);
    if (choice < 1 || choice > field->versions.size())
        return fail(Code::NotFound, entity + ": " + path + " was said in " + std::to_string(field->versions.size()) +
                                        " ways; there is no number " + std::to_string(choice));
    const auto& value = field->versions[choice - 1].value;
    FieldChange change{path, {}, seen(merged.seen_at(path, TRY(store.number_of(origin))))};
    if (value) change.value = *value;
    TRY(write(entity, entity_set, write_change({entity, {change}})));
    return Applied{entity, Outcome::Changed, {path}};
}

}  // namespace holdfast::catalog
