#include "inventory/observe.hpp"

#include "base/scratch.hpp"
#include "feed/test_node.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::inventory;
using feed::TestNode, test::bad, test::good;

namespace {

struct Place {
    Scratch scratch = good(Scratch::make("observe"));
    TestNode node;
    feed::Store feeds = good(feed::Store::open(scratch.path() / "feeds.db"));
    catalog::Store store = good(catalog::Store::open(scratch.path() / "catalog.db"));
    std::int64_t now = 1'790'000'000'000;
    Observed seen{{"pump-3", "north", {{"version", "1.0"}}, {}},
                  {{"tpm0", "tpm", {{"version", "2"}}}, {"net-1", "network", {{"interface", "eth0"}}}},
                  {{"well", "unit", "/etc/systemd/system/well.service", ""}}};

    Place() { good(store.allow(node.origin(), "north")); }
    catalog::Author author() { return {store, feeds, node.origin(), "north", ++now}; }
    // How many entities and how many records that took.
    std::size_t observe() {
        const auto before = records();
        good(write(author(), good(news(store, seen))));
        return records() - before;
    }
    std::size_t records() {
        const auto end = good(feeds.end(node.feed(feed::Class::Catalog)));
        return end ? end->next : 0;
    }
    Json get(const std::string& name) {
        const auto found = good(store.get(name));
        BOOST_REQUIRE_MESSAGE(found.has_value(), name);
        auto document = found->document;
        document.erase("relations");
        return document;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_was_seen_is_written_once, Place) {
    BOOST_TEST(observe() == 5U);
    BOOST_TEST(observe() == 0U);
    BOOST_TEST((good(store.names()) == std::vector<std::string>{"component:north/pump-3-well", "group:north/north",
                                                                "resource:north/pump-3", "resource:north/pump-3-net-1",
                                                                "resource:north/pump-3-tpm0"}));
    const Json relations = good(store.get("resource:north/pump-3")).value().document.at("relations");
    const Json wanted{{"targetRef", "resource:north/pump-3-tpm0"}, {"type", "dependsOn"}};
    BOOST_TEST(std::ranges::contains(relations, wanted), relations.dump());
}

BOOST_FIXTURE_TEST_CASE(only_what_has_changed_is_said, Place) {
    observe();
    seen.box.facts["version"] = "1.1";
    BOOST_TEST(observe() == 1U);
    BOOST_TEST(get("resource:north/pump-3").at("metadata").at("annotations").at("holdfast.org/version") == "1.1");
    const auto all = good(news(store, seen));
    BOOST_TEST(all.empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_gone_is_removed_and_what_people_made_is_not, Place) {
    observe();
    good(author().apply({{"apiVersion", "backstage.io/v1alpha1"},
                         {"kind", "Component"},
                         {"metadata", {{"name", "pump-3-by-hand"}}},
                         {"spec", {{"type", "service"}, {"lifecycle", "production"}, {"owner", "team"}}}}));
    seen.devices.pop_back();
    seen.workloads.clear();
    BOOST_TEST(observe() == 2U);
    BOOST_TEST(
        (good(store.names()) == std::vector<std::string>{"component:north/pump-3-by-hand", "group:north/north",
                                                         "resource:north/pump-3", "resource:north/pump-3-tpm0"}));
    BOOST_TEST(observe() == 0U);
}

BOOST_FIXTURE_TEST_CASE(people_edit_other_fields_and_those_stay, Place) {
    observe();
    auto document = get("resource:north/pump-3");
    document["metadata"]["description"] = "in the cellar";
    document["spec"]["owner"] = "group:north/water";
    good(author().apply(document));
    BOOST_TEST(observe() == 0U);
    seen.box.facts["version"] = "2.0";
    BOOST_TEST(observe() == 1U);
    const auto after = get("resource:north/pump-3");
    BOOST_TEST(after.at("metadata").at("description") == "in the cellar");
    BOOST_TEST(after.at("spec").at("owner") == "group:north/water");
}

BOOST_FIXTURE_TEST_CASE(another_box_s_things_are_left_alone, Place) {
    observe();
    seen.box.name = "pump-4";
    seen.workloads.clear();
    seen.devices.clear();
    BOOST_TEST(observe() == 1U);
    BOOST_TEST(good(store.names()).size() == 6U);
}
