#include "sbom/dpkg.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::sbom;

namespace {

constexpr const char* status = R"(Package: zeta
Status: install ok installed
Maintainer: Someone <someone@example.org>
Architecture: amd64
Source: zeta-source (1:2.0-3)
Version: 1:2.0-3+b1
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: libc6 (>= 2.38), default-mta | mail-transport-agent, python3:any
Provides: mail-reader, zeta-abi (= 4)
Description: the last one
 and more about it
 .
 in a second part

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1

Package: alpha
Status: install ok installed
Architecture: all
Version: 3.1
)";

std::string what(std::string_view text) {
    const auto result = parse_status(text);
    return result ? "" : result.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(installed_packages_come_sorted_and_whole) {
    const auto packages = parse_status(status).value();
    BOOST_REQUIRE_EQUAL(packages.size(), 2U);
    BOOST_TEST(packages[0].name == "alpha");
    BOOST_TEST(packages[0].source == "alpha");
    BOOST_TEST(packages[0].source_version == "3.1");
    const auto& zeta = packages[1];
    BOOST_TEST(zeta.version == "1:2.0-3+b1");
    BOOST_TEST(zeta.source == "zeta-source");
    BOOST_TEST(zeta.source_version == "1:2.0-3");
    BOOST_TEST(zeta.summary == "the last one");
    BOOST_REQUIRE_EQUAL(zeta.depends.size(), 4U);
    BOOST_TEST(zeta.depends[0] == std::vector<std::string>{"init-system-helpers"}, boost::test_tools::per_element());
    BOOST_TEST(zeta.depends[2] == (std::vector<std::string>{"default-mta", "mail-transport-agent"}),
               boost::test_tools::per_element());
    BOOST_TEST(zeta.depends[3] == std::vector<std::string>{"python3"}, boost::test_tools::per_element());
    BOOST_TEST(zeta.provides == (std::vector<std::string>{"mail-reader", "zeta-abi"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(fields_keep_their_lines_and_know_no_case) {
    std::string seen;
    BOOST_REQUIRE(
        each_paragraph("# a comment\nA: 1\nB:\n two\n\tthree\n\n\n\nC:\n", [&](const Paragraph& paragraph) -> Result<> {
            for (const auto& [name, value] : paragraph.fields())
                seen.append(name).append("=").append(value).append(";");
            seen.append(paragraph.field("b").substr(0, 3)).append("|");
            return {};
        }));
    BOOST_TEST(seen == "A=1;B=two\n\tthree;two|C=;|");
}

BOOST_AUTO_TEST_CASE(an_error_of_the_caller_ends_the_reading) {
    int paragraphs = 0;
    const auto result = each_paragraph("A: 1\n\nA: 2\n\nA: 3\n", [&](const Paragraph&) -> Result<> {
        if (++paragraphs == 2) return fail(Code::Busy, "enough");
        return {};
    });
    BOOST_TEST(!result);
    BOOST_TEST(paragraphs == 2);
}

BOOST_AUTO_TEST_CASE(malformed_files_are_refused_with_the_line) {
    BOOST_TEST(what("Package: a\nrubbish\n").starts_with("line 2: neither"));
    BOOST_TEST(what(" more\n").starts_with("line 1: a continuation"));
    BOOST_TEST(what("Package: a\npackage: b\n").starts_with("line 2: the field 'package' stands twice"));
    BOOST_TEST(what("A: " + std::string(paragraph_limit, 'x')).contains("too long"));
    std::string many;
    for (std::size_t i = 0; i <= fields_limit; ++i) many += "F" + std::to_string(i) + ": 1\n";
    BOOST_TEST(what(many).contains("too many fields"));
}

BOOST_AUTO_TEST_CASE(packages_without_identity_are_refused) {
    BOOST_TEST(what("Package: a\nStatus: install ok installed\nVersion: 1\n").contains("'a'"));
    BOOST_TEST(
        what("Package: a/../b\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n").contains("malformed"));
    const std::string one = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n";
    BOOST_TEST(what(one).empty());
    BOOST_TEST(what(one + "\n" + one).contains("stands twice"));
}
