// Backstage's own model and ours on the same documents: what is an entity to one is an entity to the other.
#include "base/process.hpp"
#include "catalog/corpus.hpp"
#include "catalog/validate.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::catalog;

BOOST_AUTO_TEST_CASE(ours_and_theirs_agree_on_what_is_an_entity) {
    const auto documents = corpus();
    const auto judged = run_or_fail({HOLDFAST_NODE, HOLDFAST_JUDGE}, {.input = Json(documents).dump()});
    BOOST_TEST_REQUIRE(judged.has_value(), judged.error().what);
    const auto theirs = Json::parse(*judged).get<std::vector<std::string>>();
    BOOST_TEST_REQUIRE(theirs.size() == documents.size());
    std::size_t valid = 0;
    for (std::size_t i = 0; i < documents.size(); ++i) {
        const auto ours = objections(documents[i]);
        valid += theirs[i].empty() ? 1 : 0;
        BOOST_TEST(ours.empty() == theirs[i].empty(), documents[i].dump() + "\n  theirs: " + theirs[i] +
                                                          "\n  ours: " + (ours.empty() ? "" : ours.front()));
    }
    BOOST_TEST_MESSAGE(documents.size() << " documents, " << valid << " of them entities");
    BOOST_TEST(valid >= 100U);
    BOOST_TEST(documents.size() - valid >= 100U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place_and_all_at_once) {
    auto document = good_documents().front();
    document["metadata"]["name"] = "a b";
    document["spec"]["owner"] = 5;
    document["spec"].erase("type");
    document["specs"] = 1;
    const auto said = objections(document);
    BOOST_TEST(said.size() == 4U);
    const auto told = [&](std::string_view words) {
        return std::ranges::any_of(said, [&](const auto& each) { return each.contains(words); });
    };
    BOOST_TEST(told("metadata.name: 'a b' must be"));
    BOOST_TEST(told("spec.owner: must be a text that is not empty"));
    BOOST_TEST(told("spec.type: is missing"));
    BOOST_TEST(told("specs: is not known"));
    document["kind"] = "Compnent";
    BOOST_TEST(objections(document).back() == "kind: 'Compnent' is none; is it Component?");
}
