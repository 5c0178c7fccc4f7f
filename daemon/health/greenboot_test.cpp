#include "health/greenboot.hpp"

#include "health/scripts_fixture.hpp"

namespace fs = std::filesystem;
using namespace holdfast;
using namespace holdfast::health;

BOOST_AUTO_TEST_CASE(lexical_order_over_both_places_and_etc_wins) {
    const Scripts box;
    box.file("usr/lib/greenboot/green.d/20-b.sh", "");
    box.file("usr/lib/greenboot/green.d/10-a.sh", "");
    box.file("usr/lib/greenboot/green.d/40-masked.sh", "");
    box.file("usr/lib/greenboot/green.d/notes.txt", "");
    box.file("etc/greenboot/green.d/15-c.sh", "");
    box.file("etc/greenboot/green.d/20-b.sh", "");
    fs::create_symlink("/dev/null", box.root / "etc/greenboot/green.d/40-masked.sh");
    const auto found = scripts(box.root, "green.d");
    BOOST_REQUIRE(found);
    const std::vector<fs::path> expected{box.root / "usr/lib/greenboot/green.d/10-a.sh",
                                         box.root / "etc/greenboot/green.d/15-c.sh",
                                         box.root / "etc/greenboot/green.d/20-b.sh"};
    BOOST_TEST((*found == expected));
}

BOOST_AUTO_TEST_CASE(no_directory_is_no_script) {
    const Scripts box;
    BOOST_TEST(scripts(box.root, "red.d").value().empty());
}

BOOST_AUTO_TEST_CASE(a_file_in_place_of_the_directory_is_an_error) {
    const Scripts box;
    box.file("etc/greenboot/red.d", "");
    BOOST_TEST(!scripts(box.root, "red.d"));
}

BOOST_AUTO_TEST_CASE(disabled_checks_in_every_spelling) {
    for (const char* text : {"DISABLED_HEALTHCHECKS=(\"a.sh\" 'b.sh')\n", "DISABLED_HEALTHCHECKS=(a.sh b.sh)",
                             "DISABLED_HEALTHCHECKS=(\n  a.sh # not the clock\n  \"b.sh\"\n)\n",
                             "# comment\n  DISABLED_HEALTHCHECKS=( a.sh   b.sh )\r\n"}) {
        const auto settings = parse_settings(text);
        BOOST_TEST(settings.disabled == (std::vector<std::string>{"a.sh", "b.sh"}), boost::test_tools::per_element());
        BOOST_TEST(settings.notices.empty(), text);
    }
}

BOOST_AUTO_TEST_CASE(what_means_nothing_here_is_said) {
    const auto settings =
        parse_settings("GREENBOOT_WATCHDOG_CHECK_ENABLED=true\nMICROSHIFT_WAIT_TIMEOUT_SEC=300\nif true\n");
    BOOST_REQUIRE(settings.notices.size() == 2U);
    BOOST_TEST(settings.notices[0].contains("GREENBOOT_WATCHDOG_CHECK_ENABLED"));
    BOOST_TEST(settings.notices[1].contains("assigns nothing"));
    BOOST_TEST(parse_settings("DISABLED_HEALTHCHECKS=(\na.sh\n").disabled.empty());
    BOOST_TEST(parse_settings("DISABLED_HEALTHCHECKS=(\na.sh\n").notices.size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_settings_and_too_many) {
    const Scripts box;
    BOOST_TEST(load_settings(box.root).value().disabled.empty());
    box.file("etc/greenboot/greenboot.conf", std::string(70'000, '#'));
    BOOST_TEST((load_settings(box.root).error().code == Code::Corrupt));
}
