// A computer in setup mode with firmware that enforces Secure Boot: the first start enrols the image's keys, and from
// then on only what they signed runs.
#include "base/text.hpp"
#include "lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(keys_are_enrolled_and_the_image_boots_to_green_under_them) {
    const Lab lab;
    auto hardware = lab.hardware(lab.overlay());
    hardware.secure_boot = true;
    const auto machine = must(Machine::power_on(hardware));
    must(machine->wait_for_event("RESET", for_a_boot()));
    const auto judged = must(machine->wait_for_verdict(for_a_boot()));
    BOOST_TEST(judged.verdict.green());
    auto agent = must(machine->agent(for_a_command()));
    const auto shell = [&](const std::string& script) {
        return std::string(trim(must(agent.shell(script, for_a_command()))));
    };
    // An EFI variable's file begins with four bytes of attributes (efivarfs).
    const std::string variables = "od -An -tu1 -j4 /sys/firmware/efi/efivars/";
    const std::string global = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    BOOST_TEST(shell(variables + "SecureBoot" + global) == "1");
    BOOST_TEST(shell(variables + "SetupMode" + global) == "0");
    BOOST_TEST(shell("cat /sys/kernel/security/lockdown").contains("[integrity]"));
    BOOST_TEST(shell("holdfast status --json 2>/dev/null").contains("\"enabled\""));
    machine->cut_power();
}
