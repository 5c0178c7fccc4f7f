#include "boot/sbat.hpp"

#include "boot/pe.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::boot;

namespace {

using Components = std::vector<SbatComponent>;

const std::string grub_line = "grub,4,Free Software Foundation,grub,2.12,https://www.gnu.org/software/grub/\n";

}  // namespace

// SbatLevel_Variable.txt of shim, the entry of 2024-01-09.
BOOST_AUTO_TEST_CASE(a_level_as_shim_delivers_it) {
    const auto level = parse_sbat_level("sbat,1,2024010900\nshim,4\ngrub,3\ngrub.debian,4\n").value();
    BOOST_TEST((level == Components{{"sbat", 1}, {"shim", 4}, {"grub", 3}, {"grub.debian", 4}}));
    using namespace std::string_literals;
    BOOST_TEST((parse_sbat_level("\xef\xbb\xbfsbat,1,2024010900\r\n\r\nshim,4\0junk"s).value() ==
                Components{{"sbat", 1}, {"shim", 4}}));
    BOOST_TEST(parse_sbat_level("").value().empty());
}

BOOST_AUTO_TEST_CASE(the_section_of_the_real_boot_loader) {
    const auto pe = Pe::load("/usr/lib/systemd/boot/efi/systemd-bootx64.efi").value();
    const auto image = parse_sbat_section(pe.section(".sbat")->contents()).value();
    BOOST_REQUIRE(image.size() >= 2U);
    BOOST_TEST((image.front() == SbatComponent{"sbat", 1}));
    BOOST_TEST(image[1].name == "systemd-boot");
    BOOST_TEST(!outdated({{"sbat", 1}, {"shim", 4}}, image));
    const auto why = outdated({{"systemd-boot", image[1].generation + 1}}, image);
    BOOST_TEST(why.value_or("").starts_with("its component systemd-boot is of generation "));
}

BOOST_AUTO_TEST_CASE(a_generation_is_compared_by_component) {
    const auto image = parse_sbat_section("sbat,1,SBAT Version,sbat,1,https://x\n" + grub_line).value();
    BOOST_TEST((image == Components{{"sbat", 1}, {"grub", 4}}));
    BOOST_TEST(!outdated({}, image));
    BOOST_TEST(!outdated({{"grub", 4}}, image));
    BOOST_TEST(!outdated({{"grub.debian", 9}, {"shim", 9}}, image));
    BOOST_TEST(outdated({{"shim", 9}, {"grub", 5}}, image).value() ==
               "its component grub is of generation 4, and the SBAT level of this firmware demands 5");
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused_with_its_line) {
    for (const char* level :
         {"sbat", "sbat,", ",1", "sbat,x", "sbat,-1", "sbat,65536", "sbat,1 ,2", "s bat,1", "\xff,1"})
        BOOST_TEST((!parse_sbat_level(level) && parse_sbat_level(level).error().code == Code::Corrupt), level);
    BOOST_TEST(parse_sbat_level("sbat,1\nshim").error().what == "SBAT, line 2: fewer than 2 fields");
    BOOST_TEST(!parse_sbat_section("grub,4\n"));
    BOOST_TEST(!parse_sbat_section("grub,4,,grub,2,url\n"));
    std::string many;
    for (int i = 0; i < 1025; ++i) many += "a,1\n";
    BOOST_TEST(parse_sbat_level(many).error().what.contains("1024 lines"));
    BOOST_TEST(parse_sbat_level(std::string(65537, '\n')).error().what.contains("64 KiB"));
}
