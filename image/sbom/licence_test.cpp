#include "sbom/licence.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::sbom;

namespace {

const std::string head = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n";

std::string expression(const std::string& licence) {
    return parse_copyright(head + "Files: *\nCopyright: someone\nLicense: " + licence + "\n").expression;
}

}  // namespace

BOOST_AUTO_TEST_CASE(short_names_become_identifiers) {
    const std::pair<const char*, const char*> names[] = {
        {"GPL-2+", "GPL-2.0-or-later"},     {"GPL-2", "GPL-2.0-only"},
        {"GPL-3.0+", "GPL-3.0-or-later"},   {"GPLv3+", "GPL-3.0-or-later"},
        {"LGPL-2.1", "LGPL-2.1-only"},      {"LGPL-2", "LGPL-2.0-only"},
        {"LGPL", "LGPL-2.0-or-later"},      {"GPL-1+", "GPL-1.0-or-later"},
        {"GPL-2.0-only", "GPL-2.0-only"},   {"LGPL-2.0-or-later", "LGPL-2.0-or-later"},
        {"AGPL-3+", "AGPL-3.0-or-later"},   {"GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"},
        {"gfdl-1.2+", "GFDL-1.2-or-later"}, {"Expat", "MIT"},
        {"bsd-3-clause", "BSD-3-Clause"},   {"Artistic", "Artistic-1.0-Perl"},
        {"apache-2.0", "Apache-2.0"},       {"OpenLDAP-2.8", "OLDAP-2.8"},
    };
    for (const auto& [debian, spdx] : names) BOOST_TEST(spdx_licence(debian).value_or("none") == spdx);
}

BOOST_AUTO_TEST_CASE(names_that_mean_something_else_stay_unknown) {
    for (const auto* name : {"public-domain", "BSD-3-clause-Berkeley", "GPL-2+-with-link-exception", "GPL-4", "GPL-22",
                             "LGPL-1", "permissive", "MIT/X11", "GLP-3+", "GPL-2.5", ""})
        BOOST_TEST(!spdx_licence(name), name);
}

BOOST_AUTO_TEST_CASE(words_become_operators) {
    BOOST_TEST(expression("GPL-2+ or Expat") == "GPL-2.0-or-later OR MIT");
    BOOST_TEST(expression("ISC and GPL-2 or Expat") == "ISC AND GPL-2.0-only OR MIT");
    BOOST_TEST(expression("GPL-1+ or Artistic, and Expat") == "(GPL-1.0-or-later OR Artistic-1.0-Perl) AND MIT");
    BOOST_TEST(expression("ISC, or GPL-2 and Expat") == "ISC OR GPL-2.0-only AND MIT");
    BOOST_TEST(expression("FSFAP and/or ISC") == "FSFAP OR ISC");
    BOOST_TEST(expression("GPL-2, Expat") == "GPL-2.0-only AND MIT");
    BOOST_TEST(expression("GPL-2 with Linux-syscall-note exception OR BSD-3-Clause") ==
               "GPL-2.0-only WITH Linux-syscall-note OR BSD-3-Clause");
    BOOST_TEST(expression("GPL-3+ with Bison exception") == "GPL-3.0-or-later WITH Bison-exception-2.2");
}

BOOST_AUTO_TEST_CASE(the_licences_of_all_files_are_joined_once_each) {
    const auto licence = parse_copyright(head +
                                         "Files: *\nLicense: GPL-2+ or ISC\n\nFiles: a\nLicense: Expat\n\n"
                                         "Files: b\nLicense: Expat and Zlib\n\nLicense: Expat\n words\n");
    BOOST_TEST(licence.expression == "(GPL-2.0-or-later OR ISC) AND MIT AND Zlib");
    BOOST_TEST(licence.extracted.empty());
}

BOOST_AUTO_TEST_CASE(a_licence_without_identifier_keeps_its_text) {
    const auto licence = parse_copyright(head +
                                         "Files: *\nLicense: Expat and house_rules\n\n"
                                         "License: house_rules\n Do as you like.\n .\n But wipe your feet.\n");
    BOOST_REQUIRE_EQUAL(licence.extracted.size(), 1U);
    const auto& extracted = licence.extracted[0];
    BOOST_TEST(extracted.id.starts_with("LicenseRef-house-rules-"));
    BOOST_TEST(extracted.name == "house_rules");
    BOOST_TEST(extracted.text == "Do as you like.\n\nBut wipe your feet.");
    BOOST_TEST(licence.expression == extracted.id + " AND MIT");
}

BOOST_AUTO_TEST_CASE(the_same_name_with_another_text_is_another_licence) {
    const auto one = parse_copyright(head + "Files: *\nLicense: permissive\n one\n");
    const auto other = parse_copyright(head + "Files: *\nLicense: permissive\n other\n");
    BOOST_TEST(one.expression != other.expression);
    BOOST_TEST(one.expression == parse_copyright(head + "Files: x\nLicense: permissive\n one\n").expression);
}

BOOST_AUTO_TEST_CASE(prose_is_one_licence_of_its_own) {
    for (const auto* line : {"Permission to use, copy and modify is granted", "GPL-2 and", "or ISC", "GPL-2+ with",
                             "GPL-2, and, Expat", "GPL-2,, Expat"})
        BOOST_TEST(expression(line).starts_with("LicenseRef-"), line << " became " << expression(line));
    const auto unknown = expression("GPL-2+ with Frob exception");
    BOOST_TEST(unknown.starts_with("LicenseRef-GPL-2-with-Frob-exception-"));
}

BOOST_AUTO_TEST_CASE(what_does_not_say_says_nothing) {
    BOOST_TEST(parse_copyright("This is free software.\n").expression == "");
    BOOST_TEST(parse_copyright("").expression == "");
    BOOST_TEST(parse_copyright("Name: x\n\nFiles: *\nLicense: Expat\n").expression == "");
    BOOST_TEST(parse_copyright(head + "Files: *\nLicense: Expat\nrubbish here\n").expression == "");
    BOOST_TEST(parse_copyright(head + std::string(copyright_limit, '\n')).expression == "");
}
