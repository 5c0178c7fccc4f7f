#include "catalog/search.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::catalog;

namespace {

const Json pump = Json::parse(R"({
    "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
    "metadata": {"name": "Pump", "namespace": "north", "title": "The Pump", "uid": "u1", "etag": "e1",
                 "tags": ["Water", "water"], "annotations": {"holdfast.dev/empty": null, "weight": 1.0},
                 "description": ")" +
                              std::string(300, 'x') + R"("},
    "spec": {"type": "service", "lifecycle": "production", "owner": "Team-A", "system": "other/Works",
             "providesApis": ["flow", "flow"], "dependsOn": ["resource:default/well", "no kind"]}
})");

bool has(const std::vector<Term>& all, const std::string& key, const std::optional<std::string>& value,
         const std::optional<std::string>& written) {
    return std::ranges::contains(all, Term{key, value, written});
}

}  // namespace

BOOST_AUTO_TEST_CASE(keys_and_values_are_in_small_letters_and_known_as_they_were_written) {
    const auto all = terms(pump);
    BOOST_TEST(has(all, "metadata.name", "pump", "Pump"));
    BOOST_TEST(has(all, "metadata.title", "the pump", "The Pump"));
    BOOST_TEST(has(all, "spec.owner", "team-a", "Team-A"));
    BOOST_TEST(has(all, "metadata.namespace", "north", "north"));
    BOOST_TEST(has(all, "metadata.annotations.weight", "1", "1"));
    BOOST_TEST(has(all, "metadata.annotations.holdfast.dev/empty", {}, {}));
    BOOST_TEST(has(all, "metadata.description", {}, {}));  // too long to be found by
    BOOST_TEST(!std::ranges::contains(all, "metadata.etag", &Term::key));
}

BOOST_AUTO_TEST_CASE(each_member_of_a_list_is_a_value_and_a_key_of_its_own_once) {
    const auto all = terms(pump);
    BOOST_TEST(std::ranges::count(all, "metadata.tags", &Term::key) == 1);
    BOOST_TEST(has(all, "metadata.tags.water", "true", "true"));
    BOOST_TEST(has(all, "spec.providesapis", "flow", "flow"));
}

BOOST_AUTO_TEST_CASE(an_entity_without_a_namespace_is_in_the_default_one) {
    BOOST_TEST(
        has(terms({{"kind", "User"}, {"metadata", {{"name", "ada"}}}}), "metadata.namespace", "default", "default"));
}

BOOST_AUTO_TEST_CASE(links_lead_where_the_spec_says_from_the_entity_s_own_namespace) {
    const auto all = links(pump);
    const std::vector<Link> expected{{"dependsOn", "dependencyOf", "resource:default/well"},
                                     {"ownedBy", "ownerOf", "group:north/team-a"},
                                     {"partOf", "hasPart", "system:other/works"},
                                     {"providesApi", "apiProvidedBy", "api:north/flow"}};
    BOOST_TEST((all == expected));
    BOOST_TEST(links({{"kind", "Nothing"}}).empty());
    BOOST_TEST(links({{"kind", 7}, {"spec", 7}}).empty());
}

BOOST_AUTO_TEST_CASE(words_are_all_texts_of_an_entity) {
    BOOST_TEST(words(pump).contains("The Pump\n"));
    BOOST_TEST(words(pump).contains("production\n"));
    BOOST_TEST(!words(pump).contains("backstage.io"));
}
