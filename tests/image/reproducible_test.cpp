#include "image/builder.hpp"
#include "vm/image.hpp"

using namespace holdfast;

// The image that was made before this ran, in another folder and with a disk and an ISO, is one of the two builds.
BOOST_AUTO_TEST_CASE(two_builds_in_two_folders_have_one_content) {
    const auto made = vm::image_under_test(source_folder());
    BOOST_REQUIRE_MESSAGE(made, made.error().what);
    Builder builder("reproducible");
    builder.keys = source_folder() / "keys/development";
    const Arguments lean{"--no-disk", "--no-iso"};
    // In two steps, so that its trees can be composed once more.
    const auto trees = builder.build("a/deeper/two", {"--trees-only", "--no-iso"});
    BOOST_REQUIRE_MESSAGE(trees.exit == 0, trees.errors);
    const auto compose = [&](const Arguments& more) {
        Arguments all{"--json",   "compose",
                      "--source", source_folder().string(),
                      "--keys",   builder.keys.string(),
                      "--debs",   builder.debs.string(),
                      "--trees",  nlohmann::json::parse(trees.output).at("trees"),
                      "--work",   (builder.folder / "a/deeper/two/work").string(),
                      "--out",    builder.out("a/deeper/two").string()};
        all.insert(all.end(), lean.begin(), lean.end());
        all.insert(all.end(), more.begin(), more.end());
        return Builder::image(all);
    };
    const auto done = compose({});
    BOOST_REQUIRE_MESSAGE(done.exit == 0, done.errors);

    const auto a = nlohmann::json::parse(done.output);
    const auto difference = Builder::image({"diff", made->folder.string(), a.at("folder")});
    BOOST_TEST(difference.output == "the same content\n");
    const auto inspect = Builder::image({"--json", "inspect", made->folder.string()});
    BOOST_TEST(nlohmann::json::parse(inspect.output).at("content") == a.at("content"));
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
