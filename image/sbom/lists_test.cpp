#include "sbom/lists.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::sbom;

namespace {

const std::string one(64, '1'), two(64, '2');

std::string entry(const std::string& name, const std::string& version, const std::string& sha256) {
    return "Package: " + name + "\nVersion: " + version + "\nArchitecture: amd64\nFilename: pool/" + name +
           ".deb\nSize: 1234\nSHA256: " + sha256 + "\n\n";
}

struct Lists {
    Scratch scratch = Scratch::make("lists").value();
    std::filesystem::path directory = scratch.path();
    PackageFiles files{{PackageFiles::key("a", "1:2-3", "amd64"), PackageFiles::key("b", "1", "amd64")}};

    void write(const std::string& name, const std::string& text) { BOOST_REQUIRE(write_whole(directory / name, text)); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_package_is_found_by_name_version_and_architecture, Lists) {
    write("mirror_dists_trixie_main_binary-amd64_Packages", entry("a", "1:2-3", one) + entry("b", "2", two));
    write("mirror_dists_trixie_InRelease", "not a list");
    BOOST_REQUIRE(files.add_lists(directory));
    const auto* found = files.find("a 1:2-3 amd64");
    BOOST_REQUIRE(found);
    BOOST_TEST(found->sha256 == one);
    BOOST_TEST(found->name == "pool/a.deb");
    BOOST_TEST(found->size == 1234U);
    BOOST_TEST(!found->ours);
    BOOST_TEST(!files.find("b 1 amd64"));
    BOOST_TEST(!files.find("b 2 amd64"));
}

BOOST_FIXTURE_TEST_CASE(compressed_lists_are_read_too, Lists) {
    write("x_Packages", entry("a", "1:2-3", one));
    write("y_Packages", entry("b", "1", two));
    BOOST_REQUIRE(run_or_fail({"gzip", (directory / "x_Packages").string()}));
    BOOST_REQUIRE(run_or_fail({"zstd", "-q", "--rm", (directory / "y_Packages").string()}));
    BOOST_REQUIRE(files.add_lists(directory));
    BOOST_TEST(files.find("a 1:2-3 amd64"));
    BOOST_TEST(files.find("b 1 amd64"));
}

BOOST_FIXTURE_TEST_CASE(lists_that_disagree_prove_nothing, Lists) {
    write("x_Packages", entry("a", "1:2-3", one) + entry("b", "1", one));
    write("y_Packages", entry("a", "1:2-3", two) + entry("b", "1", one));
    BOOST_REQUIRE(files.add_lists(directory));
    BOOST_TEST(!files.find("a 1:2-3 amd64"));
    BOOST_TEST(files.find("b 1 amd64"));
}

BOOST_FIXTURE_TEST_CASE(a_digest_that_is_none_is_not_taken, Lists) {
    write("x_Packages", entry("a", "1:2-3", "abc"));
    BOOST_REQUIRE(files.add_lists(directory));
    BOOST_TEST(!files.find("a 1:2-3 amd64"));
}

BOOST_FIXTURE_TEST_CASE(broken_lists_and_missing_folders_are_errors, Lists) {
    BOOST_TEST((files.add_lists(directory / "none").error().code == Code::NotFound));
    BOOST_TEST((files.add_debs(directory / "none").error().code == Code::NotFound));
    write("x_Packages.gz", "\x1f\x8b\x08 broken");
    BOOST_TEST((files.add_lists(directory).error().code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(our_own_package_is_hashed_and_wins, Lists) {
    const auto tree = directory / "tree";
    BOOST_REQUIRE(make_directories(tree / "DEBIAN"));
    BOOST_REQUIRE(
        write_whole(tree / "DEBIAN/control",
                    "Package: b\nVersion: 1\nArchitecture: amd64\nMaintainer: x <x@example.org>\nDescription: x\n"));
    const auto deb = directory / "any-name.deb";
    BOOST_REQUIRE(run_or_fail({"dpkg-deb", "--root-owner-group", "--build", tree.string(), deb.string()}));
    write("x_Packages", entry("b", "1", one));
    BOOST_REQUIRE(files.add_lists(directory));
    BOOST_REQUIRE(files.add_debs(directory));
    const auto* found = files.find("b 1 amd64");
    BOOST_REQUIRE(found);
    BOOST_TEST(found->ours);
    BOOST_TEST(found->sha256 == sha256_file(deb).value());
    BOOST_TEST(found->name == "any-name.deb");
    write("broken.deb", "rubbish");
    BOOST_TEST(!files.add_debs(directory));
}
