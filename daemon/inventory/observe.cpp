#include "inventory/observe.hpp"

#include "base/text.hpp"
#include "catalog/query.hpp"
#include "catalog/reference.hpp"
#include "catalog/validate.hpp"

#include <algorithm>
#include <set>

namespace holdfast::inventory {

namespace {

std::string name_of(const Json& entity) {
    const auto& metadata = entity.at("metadata");
    return catalog::text(catalog::Reference{entity.at("kind"), metadata.at("namespace"), metadata.at("name")});
}

// As people and boxes have written it, without what the catalog computes.
Json written(Json document) {
    for (const auto* computed : {"relations", "status"}) document.erase(computed);
    for (const auto* computed : {"uid", "etag"}) document["metadata"].erase(computed);
    return document;
}

Result<std::vector<std::string>> observed_before(catalog::Store& store, const Box& box) {
    catalog::Query query;
    query.any = {{{std::string("metadata.annotations.") + observed_by, {small(box.name)}},
                  {"metadata.namespace", {small(box.site)}}}};
    return catalog::find(store, query);
}

}  // namespace

Result<News> news(catalog::Store& store, const Observed& observed) {
    News all;
    std::set<std::string> here;
    for (const auto& wanted : entities_of(observed)) {
        const auto name = name_of(wanted);
        here.insert(name);
        const auto there = TRY(store.get(name));
        const Json before = there ? written(there->document) : Json();
        Json now = laid_over(wanted, before);
        if (const auto wrong = catalog::objections(now); !wrong.empty())
            return fail(Code::Corrupt, name + ": " + join(wrong, "; "));
        if (now != before) all.changed.push_back(std::move(now));
    }
    // Once; what people make of it stays.
    Json owner = owner_of(observed.box);
    if (!TRY(store.get(name_of(owner)))) all.changed.push_back(std::move(owner));
    for (const auto& name : TRY(observed_before(store, observed.box)))
        if (!here.contains(name)) all.gone.push_back(name);
    return all;
}

Result<std::vector<catalog::Applied>> write(const catalog::Author& author, const News& news) {
    std::vector<catalog::Applied> done;
    for (const auto& each : news.changed) done.push_back(TRY(author.apply(each)));
    for (const auto& each : news.gone) done.push_back(TRY(author.remove(each)));
    return done;
}

}  // namespace holdfast::inventory
