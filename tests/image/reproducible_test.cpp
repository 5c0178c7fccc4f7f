#include "image/builder.hpp"

using namespace holdfast;

BOOST_AUTO_TEST_CASE(two_builds_in_two_folders_have_one_content) {
    const Builder builder("reproducible");
    const Arguments lean{"--no-disk", "--no-iso"};
    // One after the other: at once they need seven gigabytes of the disk.
    const auto second = builder.build("a/deeper/two", lean);
    BOOST_REQUIRE_MESSAGE(second.exit == 0, second.errors);
    BOOST_REQUIRE(remove_tree(builder.folder / "a/deeper/two/work").has_value());
    // The other one in two steps, so that its trees can be composed once more.
    const auto trees = builder.build("one", {"--trees-only", "--no-iso"});
    BOOST_REQUIRE_MESSAGE(trees.exit == 0, trees.errors);
    const auto compose = [&](const Arguments& more) {
        Arguments all{"--json",   "compose",
                      "--source", source_folder().string(),
                      "--keys",   builder.keys.string(),
                      "--debs",   builder.debs.string(),
                      "--trees",  nlohmann::json::parse(trees.output).at("trees"),
                      "--work",   (builder.folder / "one/work").string(),
                      "--out",    builder.out("one").string()};
        all.insert(all.end(), lean.begin(), lean.end());
        all.insert(all.end(), more.begin(), more.end());
        return Builder::image(all);
    };
    const auto done = compose({});
    BOOST_REQUIRE_MESSAGE(done.exit == 0, done.errors);

    const auto a = nlohmann::json::parse(done.output);
    const auto b = nlohmann::json::parse(second.output);
    const auto difference = Builder::image({"diff", a.at("folder"), b.at("folder")});
    BOOST_TEST(difference.output == "the same content\n");
    BOOST_TEST(a.at("content") == b.at("content"));
    const auto verify = [&] { return Builder::image({"verify", a.at("folder"), "--keys", builder.keys.string()}); };
    BOOST_TEST(verify().exit == 0);

    // What stands beside the commit is vouched for, too.
    const auto bom =
        std::filesystem::path(a.at("folder").get<std::string>()) / (a.at("name").get<std::string>() + ".spdx.json");
    const std::string whole = read_whole(bom).value();
    BOOST_REQUIRE(write_whole(bom, whole + " "));
    BOOST_TEST(verify().exit == 1);
    BOOST_TEST(verify().output.contains("BAD  " + bom.filename().string() + " is NOT what was signed"));
    std::filesystem::remove(bom);
    BOOST_TEST(verify().output.contains("BAD  " + bom.filename().string() + " is missing"));
    BOOST_REQUIRE(write_whole(bom, whole));
    BOOST_TEST(verify().exit == 0);

    // Another release of the same trees differs, and the first file that does is named.
    const auto third = compose({"--release", "0.1.1"});
    BOOST_REQUIRE_MESSAGE(third.exit == 0, third.errors);
    const auto named = Builder::image({"diff", a.at("folder"), nlohmann::json::parse(third.output).at("folder")});
    BOOST_TEST(named.exit == 1);
    BOOST_TEST(named.output.starts_with("/usr/lib/"));
}
