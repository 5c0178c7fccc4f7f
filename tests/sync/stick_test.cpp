// Boxes that were admitted to one authority, each with a software TPM, and a stick between them: the programs as people
// use them.
#include "sync/site.hpp"

using namespace holdfast;
using namespace holdfast::test;

BOOST_AUTO_TEST_CASE(what_is_written_on_one_box_is_on_the_other_after_a_stick_went_between) {
    const Site site;
    const Box one(site, "one"), two(site, "two");
    one.apply("pump", "moves water");
    const auto first = one.sync({"export", site.stick.string()});
    BOOST_TEST(first.at("files").size() == 1U);
    const auto taken = two.sync({"import", site.stick.string()});
    BOOST_TEST(taken.at(0).at("new") == 2);  // its catalog, and what was done there
    BOOST_TEST(one.catalog() == two.catalog());
    BOOST_TEST(Box::ok(two.program("catalog", {"get", "pump"})).contains("description: moves water"));

    // Back again: both have changed the same field meanwhile.
    two.apply("pump", "moves oil");
    one.apply("pump", "moves milk");
    two.sync({"export", site.stick.string()});
    one.sync({"import", site.stick.string()});
    one.sync({"export", site.stick.string()});
    two.sync({"import", site.stick.string()});
    BOOST_TEST(one.catalog() == two.catalog());
    const auto conflicts = Json::parse(Box::ok(one.program("catalog", {"conflicts", "--json"})));
    BOOST_REQUIRE(conflicts.at("conflicts").size() == 1U);
    BOOST_TEST(conflicts.at("conflicts").at(0).at("path") == "/metadata/description");
    Box::ok(one.program("catalog", {"resolve", "pump", "/metadata/description", "1"}));
    BOOST_TEST(Box::ok(one.program("catalog", {"conflicts"})).contains("nobody disagrees"));
    one.sync({"export", site.stick.string()});
    two.sync({"import", site.stick.string()});
    BOOST_TEST(Box::ok(two.program("catalog", {"conflicts"})).contains("nobody disagrees"));
    BOOST_TEST(one.catalog() == two.catalog());

    for (const auto* each : {&one, &two}) {
        const auto checked = each->program("feed", {"verify"});
        BOOST_TEST(checked.exit == 0, checked.output);
        BOOST_TEST(checked.output.contains("site/north/box/one  catalog  whole and signed"), checked.output);
        BOOST_TEST(checked.output.contains("site/north/box/two  catalog  whole and signed"), checked.output);
    }
    // The catalog and the deeds of both, and what was done here before this box was admitted.
    BOOST_TEST(Json::parse(Box::ok(one.program("feed", {"list", "--json"}))).size() == 5U);
    BOOST_TEST(Box::ok(two.program("feed", {"tail", "--node", "one", "--count", "1"})).contains("entity.set"));
    // For whoever has nothing but the stick and the root.
    Arguments verify{(build_folder() / "daemon/programs/holdfast-verify").string(), "--root",
                     (site.hub / "root.pem").string()};
    for (const auto& each : fs::directory_iterator(site.stick))
        if (each.path().extension() == ".holdfast-batch") verify.push_back(each.path().string());
    const auto verified = good(run(verify));
    BOOST_TEST(verified.exit == 0, verified.errors);
    BOOST_TEST(verified.output.contains("all of it is signed, chained and without a gap"), verified.output);

    const auto told = two.sync({"status"}).at("nodes");
    BOOST_TEST(told.size() == 2U);
    const auto by_two = Box::ok(two.program("sync", {"status"}, true));
    BOOST_TEST(by_two.contains("spiffe://clinic.example/site/north/box/one  last heard 0 minutes ago"), by_two);
}

BOOST_AUTO_TEST_CASE(a_damaged_batch_is_told_and_the_others_are_taken_in) {
    const Site site;
    const Box one(site, "one"), two(site, "two");
    one.apply("pump", "moves water");
    const auto file = fs::path(one.sync({"export", site.stick.string()}).at("files").at(0).get<std::string>());
    const auto whole = good(read_whole(file));
    put(site.stick / "a.holdfast-batch", whole.substr(0, whole.size() / 2));
    const auto done = two.program("sync", {"import", site.stick.string()}, true);
    BOOST_TEST(done.exit == 65, done.errors);
    BOOST_TEST(done.errors.contains("a.holdfast-batch"), done.errors);
    BOOST_TEST(done.errors.contains("cut short"), done.errors);
    BOOST_TEST(one.catalog() == two.catalog());
    BOOST_TEST(two.program("sync", {"import", (site.stick / "the.answer").string()}, true).exit == 65);
    BOOST_TEST(two.program("sync", {"import", (site.stick / "nothing").string()}, true).exit == 66);
    BOOST_TEST(one.program("sync", {"export", site.stick.string(), "--for", "nobody"}, true).exit == 66);
}

BOOST_AUTO_TEST_CASE(a_box_that_was_not_admitted_reads_and_says_why_it_does_not_write) {
    const Site site;
    const fs::path root = site.scratch.path() / "alone";
    good(make_directories(root / "var/lib/holdfast"));
    const auto program = [&](const std::string& which, Arguments words) {
        words.insert(words.begin(), (build_folder() / "daemon/programs" / ("holdfast-" + which)).string());
        words.insert(words.end(), {"--root", root.string()});
        return good(run(words));
    };
    BOOST_TEST(program("catalog", {"list"}).exit == 0);
    put(site.stick / "x.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: a}\nspec: {type: x}\n");
    const auto wrong = program("catalog", {"apply", (site.stick / "x.yaml").string()});
    BOOST_TEST(wrong.exit == 65);
    BOOST_TEST(wrong.errors.contains("x.yaml:1: spec.owner: is missing"), wrong.errors);
    put(site.stick / "x.yaml",
        "apiVersion: backstage.io/v1alpha1\nkind: Group\nmetadata: {name: a}\nspec: {type: x, "
        "children: []}\n");
    const auto refused = program("catalog", {"apply", (site.stick / "x.yaml").string()});
    BOOST_TEST(refused.exit == 66);
    BOOST_TEST(refused.errors.contains("has not been admitted anywhere"), refused.errors);
    BOOST_TEST(program("sync", {"status"}).exit == 66);
}
