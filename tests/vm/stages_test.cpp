#include "vm/stages.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::vm;

namespace {

constexpr auto firmware = "BdsDxe: loading Boot0001 \"UEFI Misc Device\"\n";
constexpr auto loader = "BdsDxe: starting Boot0001 \"UEFI Misc Device\"\n";
constexpr auto kernel = "[    0.000000] Linux version 6.12.0\n";
constexpr auto userspace = "Welcome to Holdfast 0.1.0!\n";

}  // namespace

BOOST_AUTO_TEST_CASE(each_stage_is_told_once) {
    Transcript console;
    Stages stages;
    console.feed(firmware, 1);
    console.feed(std::string(loader) + "EFI stub: Measured initrd data into PCR 9\n" + kernel, 2);
    const auto first = stages.look(console);
    BOOST_REQUIRE_EQUAL(first.size(), 3);
    BOOST_TEST(text(first[0].stage) == "firmware");
    BOOST_TEST(text(first[2].stage) == "kernel");
    BOOST_TEST(first[2].seconds == 2);
    BOOST_TEST(stages.look(console).empty());
    console.feed(std::string(userspace) + userspace, 3);
    BOOST_TEST(stages.look(console).size() == 1);
}

BOOST_AUTO_TEST_CASE(a_restart_begins_again) {
    Transcript console;
    Stages stages;
    for (int start = 0; start < 2; ++start)
        for (const auto* line : {firmware, loader, kernel, userspace}) console.feed(line, 1);
    BOOST_TEST(stages.look(console).size() == 8);
}

BOOST_AUTO_TEST_CASE(the_latest_stage_is_that_of_the_last_start) {
    Transcript console;
    BOOST_TEST(!latest_stage(console).has_value());
    for (const auto* line : {firmware, loader, kernel, userspace}) console.feed(line, 1);
    BOOST_TEST((latest_stage(console) == Stage::Userspace));
    for (const auto* line : {firmware, loader, kernel, "[    3.1] tpm_tis MSFT0101:00: 2.0 TPM\n"})
        console.feed(line, 2);
    BOOST_TEST((latest_stage(console) == Stage::Kernel));
}

BOOST_AUTO_TEST_CASE(other_lines_are_no_stage) {
    BOOST_TEST(!stage_of("holdfast: verdict green slot=a").has_value());
    BOOST_TEST(!stage_of("").has_value());
}
