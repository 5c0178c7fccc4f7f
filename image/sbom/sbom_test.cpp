#include "sbom/sbom.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"
#include "sbom/bom.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::sbom;

namespace {

namespace fs = std::filesystem;

constexpr const char* status = R"(Package: libstdc++6
Status: install ok installed
Architecture: amd64
Source: gcc-14
Version: 14.2.0-19
Maintainer: Debian GCC Maintainers <debian-gcc@lists.debian.org>
Depends: libc6 (>= 2.38)
Description: GNU Standard C++ Library v3

Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc (2.41-12)
Version: 2.41-12+b1
Maintainer: Someone <someone@example.org>
Homepage: https://www.gnu.org/software/libc/libc.html
)";

// A small tree: one package with licence and digest, one with neither.
struct Tree {
    Scratch scratch = Scratch::make("sbom").value();
    fs::path root = scratch.path() / "root", lists = scratch.path() / "lists", debs = scratch.path() / "debs";

    Tree() {
        put(root / "var/lib/dpkg/status", status);
        put(root / "usr/share/doc/libc6/copyright",
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
            "Files: *\nLicense: LGPL-2.1+ and house\n\nLicense: house\n wipe your feet\n");
        put(lists / "x_Packages",
            "Package: libc6\nVersion: 2.41-12+b1\nArchitecture: amd64\nSize: 77\nFilename: pool/c.deb\nSHA256: " +
                std::string(64, 'a') + "\n");
        BOOST_REQUIRE(make_directories(debs));
    }

    static void put(const fs::path& file, const std::string& text) {
        BOOST_REQUIRE(make_directories(file.parent_path()));
        BOOST_REQUIRE(write_whole(file, text));
    }

    SbomInputs inputs() const {
        return {.name = "holdfast-x",
                .version = "7",
                .parts = {{.name = "system", .root = root, .dpkg = root / "var/lib/dpkg"}},
                .apt_lists = lists,
                .debs = debs,
                .time = "1700000000"};
    }

    std::pair<Json, Json> documents(const std::vector<Part>& parts = {}) const {
        auto from = inputs();
        if (!parts.empty()) from.parts = parts;
        const auto done = write(from, scratch.path() / "spdx", scratch.path() / "cdx");
        BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().what));
        return {Json::parse(read_whole(scratch.path() / "spdx").value()),
                Json::parse(read_whole(scratch.path() / "cdx").value())};
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(spdx_tells_what_is_known, Tree) {
    const auto [spdx, cdx] = documents();
    BOOST_TEST(spdx["spdxVersion"] == "SPDX-2.3");
    BOOST_TEST(spdx["creationInfo"]["created"] == "2023-11-14T22:13:20Z");
    BOOST_TEST(spdx["documentNamespace"].get<std::string>().starts_with("https://holdfast.invalid/spdx/holdfast-x-"));
    BOOST_TEST(spdx["comment"] == "2 packages; 1 without a checksum, 1 without a machine-readable licence.");
    BOOST_REQUIRE_EQUAL(spdx["packages"].size(), 4U);
    BOOST_TEST(spdx["packages"][1]["name"] == "holdfast-x: system");
    const auto& libc = spdx["packages"][2];
    BOOST_TEST(libc["SPDXID"] == "SPDXRef-Package-libc6-amd64-2.41-12X2Bb1");
    BOOST_TEST(libc["checksums"][0]["checksumValue"] == std::string(64, 'a'));
    BOOST_TEST(libc["supplier"] == "Person: Someone (someone@example.org)");
    BOOST_TEST(libc["sourceInfo"].get<std::string>().ends_with("glibc 2.41-12"));
    const auto& extracted = spdx["hasExtractedLicensingInfos"];
    BOOST_REQUIRE_EQUAL(extracted.size(), 1U);
    BOOST_TEST(extracted[0]["extractedText"] == "wipe your feet");
    BOOST_TEST(libc["licenseDeclared"] == "LGPL-2.1-or-later AND " + extracted[0]["licenseId"].get<std::string>());
    const auto& cpp = spdx["packages"][3];
    BOOST_TEST(cpp["SPDXID"] == "SPDXRef-Package-libstdcX2BX2B6-amd64-14.2.0-19");
    BOOST_TEST(!cpp.contains("checksums"));
    BOOST_TEST(cpp["annotations"][0]["comment"] == no_checksum);
    BOOST_TEST(cpp["licenseDeclared"] == "NOASSERTION");
    BOOST_TEST(cpp["supplier"].get<std::string>().starts_with("Organization: Debian GCC"));
    BOOST_REQUIRE_EQUAL(spdx["relationships"].size(), 5U);
    BOOST_TEST(spdx["relationships"][0]["relationshipType"] == "DESCRIBES");
    BOOST_TEST(spdx["relationships"][4]["relatedSpdxElement"] == libc["SPDXID"]);
}

BOOST_FIXTURE_TEST_CASE(cyclonedx_tells_the_same, Tree) {
    const auto [spdx, cdx] = documents();
    BOOST_TEST(cdx["specVersion"] == "1.6");
    BOOST_TEST(cdx["serialNumber"].get<std::string>().size() == 45U);
    BOOST_REQUIRE_EQUAL(cdx["components"].size(), 2U);
    const auto& libc = cdx["components"][0];
    BOOST_TEST(libc["purl"] == "pkg:deb/debian/libc6@2.41-12%2Bb1?arch=amd64");
    BOOST_TEST(libc["hashes"][0]["content"] == std::string(64, 'a'));
    BOOST_TEST(libc["licenses"][0]["expression"] == spdx["packages"][2]["licenseDeclared"]);
    const auto& cpp = cdx["components"][1];
    BOOST_TEST(cpp["purl"] == "pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=amd64");
    BOOST_TEST(cpp["pedigree"]["ancestors"][0]["name"] == "gcc-14");
    BOOST_TEST(!cpp.contains("hashes"));
    BOOST_TEST(!cpp.contains("licenses"));
    BOOST_TEST(cdx["metadata"]["properties"][1]["value"] == "1");
    BOOST_TEST(cdx["dependencies"][2]["dependsOn"][0] == libc["bom-ref"]);
}

// An initrd with the same libc6 and an older C++ library: three components, and each says where it is.
BOOST_FIXTURE_TEST_CASE(a_package_in_two_systems_is_listed_once, Tree) {
    std::string older = status;
    older.replace(older.find("14.2.0-19"), 9, "14.2.0-18");
    put(root / "initrd/status", older);
    const auto [spdx, cdx] = documents({{.name = "system", .root = root, .dpkg = root / "var/lib/dpkg"},
                                        {.name = "initrd", .root = root, .dpkg = root / "initrd"}});
    BOOST_REQUIRE_EQUAL(cdx["components"].size(), 3U);
    const auto parts = [&](std::size_t at) { return cdx["components"][at]["properties"][0]["value"]; };
    BOOST_TEST(parts(0) == "system initrd");
    BOOST_TEST(parts(1) == "initrd");
    BOOST_TEST(parts(2) == "system");
    BOOST_TEST(cdx["dependencies"][2]["dependsOn"] == cdx["dependencies"][3]["dependsOn"]);
    // The image contains two systems, and those four packages in all.
    const auto contains = [](const Json& one) { return one["relationshipType"] == "CONTAINS"; };
    BOOST_TEST(std::ranges::count_if(spdx["relationships"], contains) == 6);
}

BOOST_FIXTURE_TEST_CASE(the_same_tree_gives_the_same_bytes_and_another_one_another_name, Tree) {
    const auto once = documents(), twice = documents();
    BOOST_TEST((once == twice));
    put(lists / "x_Packages", "");
    const auto other = documents();
    BOOST_TEST(once.first["documentNamespace"] != other.first["documentNamespace"]);
    BOOST_TEST(once.second["serialNumber"] != other.second["serialNumber"]);
}

BOOST_FIXTURE_TEST_CASE(links_stay_inside_the_tree, Tree) {
    put(scratch.path() / "outside/copyright", "Format: copyright-format\n\nFiles: *\nLicense: Expat\n");
    fs::create_directory_symlink(scratch.path() / "outside", root / "usr/share/doc/libstdc++6");
    BOOST_TEST(documents().first["packages"][3]["licenseDeclared"] == "NOASSERTION");
    fs::remove(root / "usr/share/doc/libstdc++6");
    fs::create_directory_symlink("../../../../../../outside", root / "usr/share/doc/libstdc++6");
    BOOST_TEST(documents().first["packages"][3]["licenseDeclared"] == "NOASSERTION");
    fs::remove(root / "usr/share/doc/libstdc++6");
    fs::create_directory_symlink("/usr/share/doc/libc6", root / "usr/share/doc/libstdc++6");
    BOOST_TEST(documents().first["packages"][3]["licenseDeclared"] != "NOASSERTION");
}

BOOST_FIXTURE_TEST_CASE(missing_inputs_are_errors, Tree) {
    auto at = inputs();
    at.parts[0].dpkg = root / "none";
    BOOST_TEST((write(at, scratch.path() / "a", scratch.path() / "b").error().code == Code::NotFound));
    at = inputs();
    at.apt_lists = root / "none";
    BOOST_TEST((write(at, scratch.path() / "a", scratch.path() / "b").error().code == Code::NotFound));
    at = inputs();
    at.time = "yesterday";
    BOOST_TEST((write(at, scratch.path() / "a", scratch.path() / "b").error().code == Code::Corrupt));
    BOOST_TEST(!fs::exists(scratch.path() / "a"));
}
