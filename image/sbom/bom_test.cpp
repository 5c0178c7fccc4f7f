#include "sbom/bom.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::sbom;

namespace {

Installed package(const std::string& name, const std::string& architecture,
                  std::vector<std::vector<std::string>> depends, std::vector<std::string> provides = {}) {
    return {.name = name,
            .version = "1",
            .architecture = architecture,
            .depends = std::move(depends),
            .provides = std::move(provides)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(dependencies_are_resolved_to_what_is_installed) {
    const std::vector<Installed> packages{
        package("app", "amd64", {{"missing", "mail"}, {"lib"}, {"lib"}, {"app"}, {"absent"}}),
        package("lib", "amd64", {}),
        package("lib", "i386", {}),
        package("old", "i386", {{"lib"}}),
        package("postman", "all", {{"lib"}}, {"mail"}),
    };
    const auto depends = resolve(packages);
    BOOST_TEST(depends[0] == (std::vector<std::size_t>{1, 4}), boost::test_tools::per_element());
    BOOST_TEST(depends[3] == (std::vector<std::size_t>{2}), boost::test_tools::per_element());
    BOOST_TEST(depends[4] == (std::vector<std::size_t>{1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(purls_are_percent_encoded) {
    BOOST_TEST(purl("debian", "g++-14", "1:2.0~rc1+b2", "amd64") ==
               "pkg:deb/debian/g%2B%2B-14@1:2.0~rc1%2Bb2?arch=amd64");
}

BOOST_AUTO_TEST_CASE(maintainers_are_people_or_teams) {
    const auto person = contact("Ada Lovelace <ada@example.org>");
    BOOST_TEST(person.name == "Ada Lovelace");
    BOOST_TEST(person.mail == "ada@example.org");
    BOOST_TEST(!person.organisation);
    BOOST_TEST(contact("Debian Python Team <team+python@tracker.debian.org>").organisation);
    BOOST_TEST(contact("The Holdfast developers").organisation);
    BOOST_TEST(contact("The Holdfast developers").mail == "");
    BOOST_TEST(contact("").name == "");
}

BOOST_AUTO_TEST_CASE(uuids_are_of_version_8) {
    const auto uuid = uuid_of("abc");
    BOOST_TEST(uuid == "ba7816bf-8f01-8fea-8141-40de5dae2223");  // SHA-256 of "abc", FIPS 180-4 example
}

BOOST_AUTO_TEST_CASE(times_are_written_in_utc) {
    BOOST_TEST(iso_time("0").value() == "1970-01-01T00:00:00Z");
    BOOST_TEST(iso_time("1700000000").value() == "2023-11-14T22:13:20Z");
    for (const auto* wrong : {"", "-1", "12x", "999999999999999", " 1"}) BOOST_TEST(!iso_time(wrong).has_value(), wrong);
}
