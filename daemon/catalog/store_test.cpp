#include "catalog/store.hpp"

#include "base/scratch.hpp"
#include "catalog/author.hpp"
#include "feed/test_node.hpp"

#include <random>

using namespace holdfast;
using namespace holdfast::catalog;
using feed::TestNode, test::bad, test::good;

namespace {

// A box: its key, its feeds, its catalog.
struct Box {
    explicit Box(const std::filesystem::path& folder, std::string in_site)
        : site(std::move(in_site)),
          feeds(good(feed::Store::open(made(folder) / "feeds.db"))),
          catalog(good(Store::open(folder / "catalog.db"))) {}
    static std::filesystem::path made(const std::filesystem::path& folder) {
        good(make_directories(folder));
        return folder;
    }
    Author author(std::int64_t now = 1'790'000'000'000) { return {catalog, feeds, node.origin(), site, now}; }
    // All that is signed there comes here.
    void hear(Box& other) {
        for (const auto& each : good(other.feeds.feeds()))
            good(other.feeds.segments(each, 0, [&](std::string_view segment) -> Result<> {
                TRY(feeds.receive(segment, other.key_of(each.origin)));
                return {};
            }));
        good(catalog.catch_up(feeds));
    }
    void sign() { good(feeds.close({node.origin(), feed::Class::Catalog}, node.sign())); }
    void knows(const Box& other) {
        keys[other.node.origin()] = other.node.public_key();
        good(catalog.allow(other.node.origin(), other.site));
    }
    std::string key_of(const Digest& origin) { return keys.at(origin); }
    // All of it, in one text.
    std::string dump() {
        std::string all;
        for (const auto& name : good(catalog.names())) all += json::write(good(catalog.get(name))->document) + "\n";
        return all;
    }

    TestNode node;
    std::string site;
    feed::Store feeds;
    Store catalog;
    std::map<Digest, std::string> keys;
};

struct Place {
    Scratch scratch = good(Scratch::make("catalog"));
    Box box{scratch.path() / "a", "north"};
    Place() { box.knows(box); }
};

Json component(const std::string& name, const std::string& description = "") {
    return {{"apiVersion", "backstage.io/v1alpha1"},
            {"kind", "Component"},
            {"metadata", {{"name", name}, {"description", description}, {"annotations", {{"a.b/c", "kept as it is"}}}}},
            {"spec", {{"type", "service"}, {"lifecycle", "production"}, {"owner", "team-a"}}}};
}
Json group(const std::string& name) {
    return {{"apiVersion", "backstage.io/v1alpha1"},
            {"kind", "Group"},
            {"metadata", {{"name", name}}},
            {"spec", {{"type", "team"}, {"children", Json::array()}}}};
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(many_are_applied_at_once_or_none, Place) {
    const std::vector<Found> two{{"a.yaml:1", component("Pump")}, {"a.yaml:9", component("Fan")}};
    const auto made = good(box.author().apply(two));
    BOOST_REQUIRE(made.size() == 2U);
    BOOST_TEST(made[1].entity == "component:north/fan");
    BOOST_TEST((made[1].outcome == Outcome::Created));
    BOOST_TEST(good(box.catalog.names()).size() == 2U);
    for (const auto& each : good(box.author().apply(two))) BOOST_TEST((each.outcome == Outcome::Unchanged));
    BOOST_TEST(good(box.feeds.end({box.node.origin(), feed::Class::Catalog}))->next == 2U);

    const std::vector<Found> twice{{"a.yaml:1", component("Door")}, {"b.yaml:1", component("door")}};
    BOOST_TEST(bad(box.author().apply(twice)).what.contains("b.yaml:1: component:north/door is in a.yaml:1 already"));
    Json foreign = component("Lamp");
    foreign["metadata"]["namespace"] = "south";
    const std::vector<Found> elsewhere{{"a.yaml:1", component("Door")}, {"c.yaml:1", foreign}};
    BOOST_TEST((bad(box.author().apply(elsewhere)).code == Code::Denied));
    BOOST_TEST(good(box.catalog.names()).size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(what_is_applied_is_there_in_the_site_s_namespace_and_a_second_time_changes_nothing, Place) {
    const auto made = good(box.author().apply(component("Pump")));
    BOOST_TEST(made.entity == "component:north/pump");
    BOOST_TEST((made.outcome == Outcome::Created));
    BOOST_TEST((good(box.author().apply(component("Pump"))).outcome == Outcome::Unchanged));
    const auto changed = good(box.author().apply(component("Pump", "moves water")));
    BOOST_TEST((changed.outcome == Outcome::Changed));
    BOOST_TEST(changed.fields == std::vector<std::string>{"/metadata/description"}, boost::test_tools::per_element());
    const auto there = good(box.catalog.get("component:north/pump"));
    BOOST_REQUIRE(there.has_value());
    const Json& metadata = there->document.at("metadata");
    BOOST_TEST(metadata.at("name") == "Pump");
    BOOST_TEST(metadata.at("namespace") == "north");
    BOOST_TEST(metadata.at("description") == "moves water");
    BOOST_TEST(metadata.at("annotations").at("a.b/c") == "kept as it is");
    BOOST_TEST(metadata.at("uid").get<std::string>().size() == 36);
    BOOST_TEST(there->objections.empty());
    BOOST_TEST(good(box.feeds.end(box.node.feed(feed::Class::Catalog)))->next == 2);
}

BOOST_FIXTURE_TEST_CASE(relations_are_told_on_both_sides_and_go_with_what_made_them, Place) {
    good(box.author().apply(component("pump")));
    good(box.author().apply(group("team-a")));
    const auto relations = [&](const std::string& name) {
        return good(box.catalog.get(name))->document.at("relations");
    };
    BOOST_TEST(relations("component:north/pump") ==
               (Json::array({{{"type", "ownedBy"}, {"targetRef", "group:north/team-a"}}})));
    BOOST_TEST(relations("group:north/team-a") ==
               (Json::array({{{"type", "ownerOf"}, {"targetRef", "component:north/pump"}}})));
    good(box.author().remove("component:north/pump"));
    BOOST_TEST(!good(box.catalog.get("component:north/pump")).has_value());
    BOOST_TEST(relations("group:north/team-a").empty());
    BOOST_TEST((bad(box.author().remove("component:north/pump")).code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_entity_is_told_whole_and_written_nowhere, Place) {
    Json wrong = component("no name!");
    wrong["spec"].erase("owner");
    const auto error = bad(box.author().apply(wrong));
    BOOST_TEST((error.code == Code::Corrupt));
    BOOST_TEST(error.what.contains("metadata.name"));
    BOOST_TEST(error.what.contains("spec.owner: is missing"));
    BOOST_TEST(good(box.feeds.feeds()).empty());
}

BOOST_FIXTURE_TEST_CASE(a_box_writes_under_its_site_alone, Place) {
    Json elsewhere = component("pump");
    elsewhere["metadata"]["namespace"] = "south";
    BOOST_TEST((bad(box.author().apply(elsewhere)).code == Code::Denied));
    BOOST_TEST(good(box.feeds.feeds()).empty());
    good(box.catalog.allow(box.node.origin(), std::string(Store::everywhere)));
    BOOST_TEST(good(box.author().apply(elsewhere)).entity == "component:south/pump");
}

BOOST_FIXTURE_TEST_CASE(two_who_did_not_know_of_each_other_disagree_until_somebody_decides, Place) {
    Box other(scratch.path() / "b", "north");
    other.knows(other);
    box.knows(other);
    other.knows(box);
    good(box.author().apply(component("pump")));
    box.sign();
    other.hear(box);
    good(box.author(1'790'000'001'000).apply(component("pump", "mine")));
    good(other.author(1'790'000'002'000).apply(component("pump", "theirs")));
    box.sign();
    other.sign();
    box.hear(other);
    other.hear(box);
    for (auto* each : {&box, &other}) {
        const auto all = good(each->catalog.disagreements());
        BOOST_REQUIRE(all.size() == 1);
        BOOST_TEST(all[0].path == "/metadata/description");
        BOOST_REQUIRE(all[0].said.size() == 2);
        const auto counts = std::ranges::find(all[0].said, true, &Disagreement::Said::counts);
        BOOST_TEST(*counts->value == "theirs");
        BOOST_TEST((counts->origin == other.node.origin()));
    }
    const auto all = good(box.catalog.disagreements());
    const auto mine =
        1 + std::ranges::find(all[0].said, box.node.origin(), &Disagreement::Said::origin) - all[0].said.begin();
    BOOST_TEST((bad(box.author().resolve(all[0].entity, all[0].path, 3)).code == Code::NotFound));
    good(box.author().resolve(all[0].entity, all[0].path, static_cast<std::size_t>(mine)));
    box.sign();
    other.hear(box);
    BOOST_TEST(good(other.catalog.disagreements()).empty());
    BOOST_TEST(good(other.catalog.get("component:north/pump"))->document.at("metadata").at("description") == "mine");
    BOOST_TEST(box.dump() == other.dump());
}

BOOST_FIXTURE_TEST_CASE(a_foreign_write_is_kept_out_and_shown_until_it_is_allowed, Place) {
    Box other(scratch.path() / "b", "south");
    good(other.catalog.allow(other.node.origin(), std::string(Store::everywhere)));
    Json foreign = component("pump");
    foreign["metadata"]["namespace"] = "north";
    good(other.author().apply(foreign));
    good(other.author().apply(component("well")));
    other.sign();
    other.keys[other.node.origin()] = other.node.public_key();
    box.keys[other.node.origin()] = other.node.public_key();
    good(box.catalog.allow(other.node.origin(), "south"));
    box.hear(other);
    BOOST_TEST(good(box.catalog.names()) == std::vector<std::string>{"component:south/well"},
               boost::test_tools::per_element());
    const auto kept = good(box.catalog.kept_out());
    BOOST_REQUIRE(kept.size() == 1);
    BOOST_TEST(kept[0].entity == "component:north/pump");
    BOOST_TEST((kept[0].origin == other.node.origin()));
    good(box.catalog.allow(other.node.origin(), "north"));
    good(box.catalog.catch_up(box.feeds));
    BOOST_TEST(good(box.catalog.kept_out()).empty());
    BOOST_TEST(good(box.catalog.get("component:north/pump")).has_value());
}

BOOST_FIXTURE_TEST_CASE(records_that_say_nothing_readable_are_kept_out_and_stop_nobody, Place) {
    const feed::Draft drafts[] = {{entity_set, "no CBOR"}, {"entity.of-tomorrow", "?"}, {entity_removed, ""}};
    good(box.feeds.append(box.node.feed(feed::Class::Catalog), drafts, 1));
    good(box.author().apply(component("pump")));
    BOOST_TEST(good(box.catalog.kept_out()).size() == 2);
    BOOST_TEST(good(box.catalog.names()).size() == 1);
}

BOOST_FIXTURE_TEST_CASE(boxes_that_hear_all_end_alike_whatever_the_order_and_so_does_a_catalog_made_anew, Place) {
    std::mt19937 random(7);
    std::vector<std::unique_ptr<Box>> boxes;
    for (int i = 0; i < 3; ++i) boxes.push_back(std::make_unique<Box>(scratch.path() / std::to_string(i), "north"));
    for (auto& each : boxes)
        for (auto& other : boxes) each->knows(*other);
    const auto below = [&](int limit) { return std::uniform_int_distribution<>(0, limit - 1)(random); };
    for (int step = 0; step < 200; ++step) {
        auto& one = *boxes[static_cast<std::size_t>(below(3))];
        const std::string name = "part-" + std::to_string(below(6));
        const std::int64_t wrong = 86'400'000LL * 365 * below(30);
        if (below(5) == 0)
            static_cast<void>(one.author(1'790'000'000'000 + wrong).remove("component:north/" + name));
        else
            good(one.author(1'790'000'000'000 + wrong).apply(component(name, "word " + std::to_string(below(4)))));
        if (below(6) == 0) {
            auto& other = *boxes[static_cast<std::size_t>(below(3))];
            other.sign();
            one.hear(other);
        }
    }
    for (auto& each : boxes) each->sign();
    for (auto& each : boxes)
        for (auto& other : boxes) each->hear(*other);
    for (auto& each : boxes) each->hear(*boxes[0]);
    BOOST_TEST(!boxes[0]->dump().empty());
    BOOST_TEST(boxes[0]->dump() == boxes[1]->dump());
    BOOST_TEST(boxes[0]->dump() == boxes[2]->dump());
    auto anew = good(Store::open(scratch.path() / "anew.db"));
    for (auto& each : boxes) good(anew.allow(each->node.origin(), "north"));
    good(anew.catch_up(boxes[0]->feeds));
    const std::string before = boxes[0]->dump();
    boxes[0]->catalog = std::move(anew);
    BOOST_TEST(boxes[0]->dump() == before);
}
