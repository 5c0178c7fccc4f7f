// The same questions to a catalog of ten thousand entities and to one of a million.
#include "base/progress.hpp"
#include "bench/catalog_parts.hpp"
#include "catalog/change.hpp"
#include "catalog/fields.hpp"
#include "catalog/query.hpp"
#include "feed/store.hpp"

#include <algorithm>
#include <array>
#include <print>
#include <random>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t team = 50;  // entities of one owner
constexpr std::size_t of_node = 50'000;
constexpr std::int64_t now = 1'790'000'000'000;

constexpr std::array types{"service", "website", "library"};
constexpr std::array stages{"experimental", "production", "deprecated"};

std::string part(std::size_t number) {
    return "part-" + std::to_string(number);
}
std::string owner(std::size_t number) {
    return "team-" + std::to_string(number / team);
}

// Nine of ten are components, the rest are resources.
std::string kind(std::size_t number) {
    return number % 10 == 0 ? "Resource" : "Component";
}

Json entity(std::size_t number) {
    return {{"apiVersion", "backstage.io/v1alpha1"},
            {"kind", kind(number)},
            {"metadata",
             {{"name", part(number)},
              {"description", "moves water from basin " + std::to_string(number % 977) + " to the plant"},
              {"annotations", {{"example.net/serial", "serial" + std::to_string(number)}}},
              {"tags", Json::array({number % 3 == 0 ? "wet" : "dry"})}}},
            {"spec",
             {{"type", types[number % types.size()]},
              {"lifecycle", stages[number / 7 % stages.size()]},
              {"owner", owner(number)},
              {"system", "line-" + std::to_string(number % 20)}}}};
}

feed::Draft draft(std::size_t number) {
    const catalog::Fields fields = catalog::fields_of(entity(number));
    const std::string name = (kind(number) == "Resource" ? "resource:north/" : "component:north/") + part(number);
    catalog::EntityChange change{name, {}};
    for (const auto& [path, value] : fields) change.fields.push_back({path, value, {}});
    return {catalog::entity_set, catalog::write_change(change)};
}

// What a question's growth is part of.
enum class Of { Growth, Words, Nothing };

struct Asked {
    const char* what;
    std::size_t times;  // in one turn
    Of of;
    // To a catalog with so many entities, about any one of them.
    std::function<Result<>(catalog::Store&, std::size_t number)> ask;
};

catalog::Query filtered(const std::string& filter) {
    catalog::Query query;
    query.any = {catalog::parse_filter(filter).value()};
    query.limit = 20;
    return query;
}

Result<> found(catalog::Store& store, const catalog::Query& query) {
    if (TRY(catalog::find(store, query)).empty()) return fail(Code::Bug, "nothing was found");
    return {};
}

Result<> has_facets(catalog::Store& store, const catalog::Query& query, const char* key) {
    if (TRY(catalog::facets(store, query, key)).empty()) return fail(Code::Bug, "no facet was found");
    return {};
}

std::string component(std::size_t number) {
    return part(number % 10 == 0 ? number + 1 : number);
}

std::vector<Asked> questions() {
    constexpr auto services = "kind=component,spec.type=service";
    return {
        {"one by its name", 200, Of::Growth,
         [](catalog::Store& store, std::size_t number) -> Result<> {
             if (!TRY(store.get("component:north/" + component(number)))) return fail(Code::Bug, "it is not there");
             return {};
         }},
        {"filter: metadata.name", 200, Of::Growth,
         [](catalog::Store& store, std::size_t number) {
             return found(store, filtered("metadata.name=" + part(number)));
         }},
        {"filter: those of a team (50)", 100, Of::Growth,
         [](catalog::Store& store, std::size_t number) {
             return found(store, filtered("spec.owner=" + owner(number)));
         }},
        {"filter: services of a team", 100, Of::Growth,
         [](catalog::Store& store, std::size_t number) {
             return found(store, filtered("kind=component,spec.type=service,spec.owner=" + owner(number)));
         }},
        {"filter: a page of services, from anywhere", 100, Of::Growth,
         [](catalog::Store& store, std::size_t number) {
             auto query = filtered(services);
             query.after = "component:north/" + part(number);
             // The last one has nothing behind it.
             return catalog::find(store, query).transform([](const auto&) {});
         }},
        {"how many services there are", 100, Of::Growth,
         [](catalog::Store& store, std::size_t) {
             return catalog::count(store, filtered(services)).transform([](auto) {});
         }},
        {"facet: types of all", 100, Of::Growth,
         [](catalog::Store& store, std::size_t) { return has_facets(store, {}, "spec.type"); }},
        {"facet: types of components", 100, Of::Growth,
         [](catalog::Store& store, std::size_t) { return has_facets(store, filtered("kind=component"), "spec.type"); }},
        {"facet: stages of a team's", 100, Of::Growth,
         [](catalog::Store& store, std::size_t number) {
             return has_facets(store, filtered("spec.owner=" + owner(number)), "spec.lifecycle");
         }},
        {"words: a serial number", 100, Of::Words,
         [](catalog::Store& store, std::size_t number) {
             catalog::Query query;
             query.words = "serial" + std::to_string(number);
             query.limit = 20;
             return found(store, query);
         }},
        {"facet: stages of services, which are counted", 1, Of::Nothing,
         [](catalog::Store& store, std::size_t) { return has_facets(store, filtered(services), "spec.lifecycle"); }},
        {"words: in each tenth entity, in their order", 1, Of::Nothing,
         [](catalog::Store& store, std::size_t) {
             catalog::Query query;
             query.words = "resource";
             query.limit = 20;
             return found(store, query);
         }},
    };
}

// Adds the seconds of each time, of one turn.
Result<> ask(catalog::Store& store, const Asked& question, std::mt19937& random, std::size_t entities,
             std::vector<double>& all) {
    for (std::size_t i = 0; i < question.times; ++i) {
        Result<> done;
        const std::size_t number = random() % (entities - 1);
        all.push_back(seconds_of([&] { done = question.ask(store, number); }));
        TRY(in(question.what, std::move(done)));
    }
    return {};
}

struct Answered {
    std::vector<double> small, large;  // seconds
    double growth = 0;                 // of the median
};

// Turn by turn, so that whatever else the machine does meets both; the first turn only warms up.
Result<Answered> ask(catalog::Store& small, catalog::Store& large, const Asked& question) {
    constexpr int turns = 20;
    std::mt19937 random(3);
    Answered answered;
    for (int turn = 0; turn <= turns; ++turn) {
        if (turn == 1) answered = {};
        TRY(ask(small, question, random, few, answered.small));
        TRY(ask(large, question, random, many, answered.large));
    }
    answered.growth = quantile(answered.large, 0.5) / quantile(answered.small, 0.5);
    return answered;
}

}  // namespace

Result<catalog::Store> fill(const fs::path& folder, std::size_t entities) {
    auto feeds = TRY(feed::Store::open(folder / "feeds.db"));
    auto catalog = TRY(catalog::Store::open(folder / "catalog.db"));
    Step shown("a catalog of " + std::to_string(entities) + " entities");
    for (std::size_t at = 0; at < entities;) {
        const feed::Feed feed{sha256("node " + std::to_string(at)), feed::Class::Catalog};
        TRY(catalog.allow(feed.origin, "north"));
        std::vector<feed::Draft> drafts;
        for (const std::size_t end = std::min(at + of_node, entities); at < end; ++at) drafts.push_back(draft(at));
        TRY(feeds.append(feed, drafts, now));
        TRY(catalog.catch_up(feeds));
        shown.at(at, entities, "entities");
    }
    shown.done();
    return catalog;
}

Result<Figures> asking(catalog::Store& small, catalog::Store& large) {
    double worst = 0, words = 0, slowest = 0;
    std::println("  {:<46} {:>9} {:>9}   {:>9} {:>9}   {:>6}", "milliseconds", "10k p50", "p99", "1M p50", "p99",
                 "p50");
    for (const auto& each : questions()) {
        const auto answered = TRY(ask(small, large, each));
        std::println("  {:<46} {:>9.3f} {:>9.3f}   {:>9.3f} {:>9.3f}   {:>5.2f}x{}", each.what,
                     quantile(answered.small, 0.5) * 1000, quantile(answered.small, 0.99) * 1000,
                     quantile(answered.large, 0.5) * 1000, quantile(answered.large, 0.99) * 1000, answered.growth,
                     each.of == Of::Nothing ? " (grows with what it counts)" : "");
        if (each.of == Of::Growth) worst = std::max(worst, answered.growth);
        if (each.of == Of::Words) words = std::max(words, answered.growth);
        if (each.of != Of::Nothing) slowest = std::max(slowest, quantile(answered.large, 0.99) * 1000);
    }
    return Figures{
        {"query_growth_10k_to_1m", worst}, {"words_growth_10k_to_1m", words}, {"query_slowest_p99_ms_1m", slowest}};
}

}  // namespace holdfast::bench
