#include "catalog/query.hpp"

#include "base/scratch.hpp"
#include "base/text.hpp"
#include "catalog/change.hpp"
#include "catalog/fields.hpp"
#include "catalog/search.hpp"
#include "feed/test_node.hpp"

#include <random>

using namespace holdfast;
using namespace holdfast::catalog;
using feed::TestNode, test::bad, test::good;

namespace {

using Names = std::vector<std::string>;

// So many components of some types and owners, more than are looked up one by one.
struct Filled {
    Filled() {
        std::mt19937 random(3);
        std::vector<feed::Draft> drafts;
        const auto below = [&](int limit) {
            return std::to_string(std::uniform_int_distribution<>(0, limit - 1)(random));
        };
        for (int i = 0; i < 5000; ++i) {
            Json each{{"kind", i % 50 == 0 ? "API" : "Component"},
                      {"metadata", {{"name", "part-" + std::to_string(i)}, {"tags", Json::array({"T" + below(3)})}}},
                      {"spec", {{"type", "Kind-" + below(4)}, {"owner", "team-" + below(500)}}}};
            if (i % 7 == 0) each["metadata"]["description"] = "moves hot water No. " + below(20);
            write(each, drafts);
        }
        write({{"kind", "Group"}, {"metadata", {{"name", "team-7"}}}, {"spec", {{"type", "team"}}}}, drafts);
        good(feeds.append(node.feed(feed::Class::Catalog), drafts, 1));
        good(catalog.allow(node.origin(), "north"));
        good(catalog.catch_up(feeds));
        for (const auto& name : good(catalog.names())) all[name] = terms(good(catalog.get(name))->document);
    }
    static void write(const Json& document, std::vector<feed::Draft>& into) {
        const std::string name =
            text(Reference{document.at("kind"), "north", document.at("metadata").at("name").get<std::string>()});
        const Fields fields = fields_of(document);
        EntityChange change{name, {}};
        for (const auto& [path, value] : fields) change.fields.push_back({path, value, {}});
        into.push_back({entity_set, write_change(change)});
    }
    static bool meets(const std::vector<Term>& has, const Condition& wanted) {
        return std::ranges::any_of(has, [&](const Term& each) {
            return each.key == wanted.key &&
                   (wanted.values.empty() || (each.value && std::ranges::contains(wanted.values, *each.value)));
        });
    }
    // Looking at each of them.
    Names expected(const std::vector<Filter>& any) const {
        Names names;
        for (const auto& [name, has] : all)
            if (any.empty() || std::ranges::any_of(any, [&](const Filter& filter) {
                    return std::ranges::all_of(filter, [&](const Condition& each) { return meets(has, each); });
                }))
                names.push_back(name);
        return names;
    }
    Names find(const std::vector<std::string>& filters) {
        Query query;
        for (const auto& each : filters) query.any.push_back(good(parse_filter(each)));
        const auto found = good(catalog::find(catalog, query));
        BOOST_TEST(found == expected(query.any), boost::test_tools::per_element());
        BOOST_TEST(good(count(catalog, query)) == found.size());
        return found;
    }
    Query words(const std::string& all_words) const {
        Query query;
        query.words = all_words;
        return query;
    }

    Scratch scratch = good(Scratch::make("query"));
    TestNode node;
    feed::Store feeds = good(feed::Store::open(scratch.path() / "feeds.db"));
    Store catalog = good(Store::open(scratch.path() / "catalog.db"));
    std::map<std::string, std::vector<Term>> all;

    static Filled& once() {
        static Filled filled;
        return filled;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(filters_find_what_looking_at_each_entity_finds_however_many_there_are) {
    auto& filled = Filled::once();
    BOOST_TEST(filled.find({}).size() == 5001);
    BOOST_TEST(filled.find({"kind=component"}).size() == 4900);
    BOOST_TEST(!filled.find({"kind=Component,spec.owner=TEAM-7"}).empty());
    BOOST_TEST(!filled.find({"kind=component,spec.type=kind-1,spec.type=kind-2"}).empty());
    BOOST_TEST(!filled.find({"kind=api", "metadata.description", "spec.owner=team-9,metadata.tags=t1"}).empty());
    BOOST_TEST(!filled.find({"metadata.tags.t2=true,kind=api"}).empty());
    BOOST_TEST(filled.find({"spec.owner=nobody"}).empty());
    BOOST_TEST(filled.find({"no.such.key"}).empty());
    BOOST_TEST(filled.find({"kind=component", "no.such.key"}).size() == 4900);
}

BOOST_AUTO_TEST_CASE(relations_are_a_key_on_both_sides) {
    auto& filled = Filled::once();
    const auto owned = filled.expected({{{"spec.owner", {"team-7"}}, {"kind", {"component", "api"}}}});
    BOOST_TEST(!owned.empty());
    Query query;
    query.any = {good(parse_filter("relations.ownedBy=group:north/team-7"))};
    BOOST_TEST(good(find(filled.catalog, query)) == owned, boost::test_tools::per_element());
    query.any = {good(parse_filter("relations.ownerof=" + owned.front()))};
    BOOST_TEST(good(find(filled.catalog, query)) == Names{"group:north/team-7"}, boost::test_tools::per_element());
    query.any = {good(parse_filter("relations.ownerof"))};
    BOOST_TEST(good(find(filled.catalog, query)) == Names{"group:north/team-7"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pages_follow_each_other_in_the_order_that_is_asked_for) {
    auto& filled = Filled::once();
    Query query;
    query.any = {good(parse_filter("kind=api"))};
    const auto whole = good(find(filled.catalog, query));
    Names pages;
    for (query.limit = 30; query.offset < whole.size(); query.offset += query.limit)
        for (auto& each : good(find(filled.catalog, query))) pages.push_back(each);
    BOOST_TEST(pages == whole, boost::test_tools::per_element());
    Query ordered;
    ordered.any = query.any;
    ordered.order = {{"metadata.description", true}, {"spec.type", false}};
    const auto sorted = good(find(filled.catalog, ordered));
    BOOST_TEST(sorted.size() == whole.size());
    const auto description = [&](const std::string& name) {
        return good(filled.catalog.get(name))->document.at("metadata").value("description", "");
    };
    BOOST_TEST(!description(sorted.front()).empty());
    BOOST_TEST(description(sorted.back()).empty());
    BOOST_TEST(std::ranges::is_sorted(sorted, std::greater(), description));
}

BOOST_AUTO_TEST_CASE(words_are_found_by_their_beginnings_in_any_order_and_letters) {
    auto& filled = Filled::once();
    const auto found = good(find(filled.catalog, filled.words("WAT hot")));
    BOOST_TEST(found == filled.expected({{{"metadata.description", {}}}}), boost::test_tools::per_element());
    BOOST_TEST(good(find(filled.catalog, filled.words("water cold"))).empty());
    BOOST_TEST(good(find(filled.catalog, filled.words("\"; DROP"))).empty());
    auto query = filled.words("HOT water no. 1");
    query.word_keys = {"metadata.description"};
    BOOST_TEST(!good(find(filled.catalog, query)).empty());
    BOOST_TEST(good(find(filled.catalog, query)).size() < found.size());
    query.any = {good(parse_filter("kind=api"))};
    const auto fewer = good(find(filled.catalog, query));
    BOOST_TEST(std::ranges::all_of(fewer, [](const auto& each) { return each.starts_with("api:"); }));
    BOOST_TEST(good(count(filled.catalog, query)) == fewer.size());
}

BOOST_AUTO_TEST_CASE(facets_count_what_meets_the_query_in_the_letters_it_was_written_in) {
    auto& filled = Filled::once();
    const auto of_all = good(facets(filled.catalog, {}, "spec.type"));
    BOOST_REQUIRE(of_all.size() == 5);
    BOOST_TEST(of_all[0].value == "Kind-0");
    Query query;
    query.any = {good(parse_filter("kind=api"))};
    std::uint64_t sum = 0;
    for (const auto& each : good(facets(filled.catalog, query, "spec.type"))) sum += each.count;
    BOOST_TEST(sum == 100);
    for (const auto* filter : {"kind=component", "kind=component,metadata.description", "spec.owner=team-7"}) {
        query.any = {good(parse_filter(filter))};
        for (const auto& each : good(facets(filled.catalog, query, "spec.type"))) {
            auto narrower = query.any[0];
            narrower.push_back({"spec.type", {small(each.value)}});
            BOOST_TEST(each.count == filled.expected({narrower}).size(), filter << " " << each.value);
        }
    }
    const auto kinds = good(facets(filled.catalog, {}, "kind"));
    BOOST_REQUIRE(kinds.size() == 3);
    BOOST_TEST(kinds[0].value == "API");
    BOOST_TEST(kinds[0].count == 100);
    BOOST_TEST(good(facets(filled.catalog, {}, "metadata.etag")).empty());
}

BOOST_AUTO_TEST_CASE(a_page_begins_behind_a_name_and_the_count_is_of_all_pages) {
    auto& filled = Filled::once();
    for (const auto* filter : {"kind=component,spec.type=kind-1", "kind=component,metadata.namespace=north",
                               "kind=api,metadata.namespace=north,metadata.tags=t1", "spec.owner=team-7"}) {
        Query query;
        query.any = {good(parse_filter(filter))};
        const auto all = filled.expected(query.any);
        BOOST_TEST_REQUIRE(all.size() > 5U);
        query.limit = 3;
        query.after = all[1];
        const Names behind(all.begin() + 2, all.begin() + 5);
        BOOST_TEST(good(find(filled.catalog, query)) == behind, boost::test_tools::per_element());
        BOOST_TEST(good(count(filled.catalog, query)) == all.size());
        query.after.clear();
        query.before = all[4];
        const Names in_front(all.begin() + 1, all.begin() + 4);
        BOOST_TEST(good(find(filled.catalog, query)) == in_front, boost::test_tools::per_element());
        query.before.clear();
        query.after = "zebra:north/z";
        BOOST_TEST(good(find(filled.catalog, query)).empty());
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_filter_is_refused_with_how_to_write_one) {
    BOOST_TEST(bad(parse_filter("=x")).what.contains("KEY=VALUE"));
    BOOST_TEST((bad(parse_filter("kind=a,,b")).code == Code::Corrupt));
    std::string many = "k";
    for (int i = 0; i < 70; ++i) many += ",k" + std::to_string(i);
    BOOST_TEST(bad(parse_filter(many)).what.contains("64"));
    BOOST_TEST((good(parse_filter(" kind = Component , x ")) == Filter{{"kind", {"component"}}, {"x", {}}}));
}
