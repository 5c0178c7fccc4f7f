#include "catalog/files.hpp"

#include "base/file.hpp"
#include "base/good.hpp"
#include "base/scratch.hpp"

using namespace holdfast;
using namespace holdfast::catalog;
using test::bad, test::good;

namespace {

struct Folder {
    Scratch scratch = good(Scratch::make("files"));
    std::filesystem::path file(const std::string& name, const std::string& text) const {
        const auto path = scratch.path() / name;
        good(make_directories(path.parent_path()));
        good(write_whole(path, text));
        return path;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(documents_of_a_file_and_of_all_below_a_folder, Folder) {
    const auto one = file("a/catalog-info.yaml", "kind: A\n---\nkind: B\n");
    file("b/deep/catalog-info.yml", "kind: C\n");
    file("b/other.yaml", "kind: D\n");
    const auto of_file = good(documents_in(one));
    BOOST_REQUIRE(of_file.size() == 2);
    BOOST_TEST(of_file[1].place == one.string() + ":3");
    BOOST_TEST(of_file[1].document.at("kind") == "B");
    BOOST_TEST(good(documents_in(scratch.path())).size() == 3);
}

BOOST_FIXTURE_TEST_CASE(a_location_leads_to_files_beside_it_once_and_not_round_and_round, Folder) {
    const auto top = file("catalog-info.yaml",
                          "kind: Location\nspec: {target: ./x/part.yaml, targets: [https://elsewhere/y, "
                          "x/part.yaml, 7]}\n");
    file("x/part.yaml", "kind: Location\nspec: {targets: [../catalog-info.yaml]}\n---\nkind: A\n");
    BOOST_TEST(good(documents_in(top)).size() == 3);
    file("x/part.yaml", "kind: Location\nspec: {targets: [gone.yaml]}\n");
    BOOST_TEST(bad(documents_in(top)).what.contains("gone.yaml"));
}

BOOST_FIXTURE_TEST_CASE(a_place_with_nothing_says_so, Folder) {
    BOOST_TEST((bad(documents_in(scratch.path())).code == Code::NotFound));
    BOOST_TEST((bad(documents_in(scratch.path() / "none.yaml")).code == Code::NotFound));
    BOOST_TEST(bad(documents_in(file("catalog-info.yaml", "a: 1\na: 2\n"))).what.contains("catalog-info.yaml:2"));
}
