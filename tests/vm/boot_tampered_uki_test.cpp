// One bit of the signed UKI turned: once the keys are enrolled, the firmware refuses to run it.
#include "lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(firmware_refuses_a_uki_with_one_changed_byte) {
    const Lab lab;
    const auto disk = lab.copy();
    const auto esp = must(Esp::open(disk.file));
    const auto uki = lab.scratch.path() / "uki.efi";
    must(esp.read("EFI/Linux/holdfast-1-a+3.efi", uki));
    must(flip_a_byte(uki));
    must(esp.write(uki, "EFI/Linux/holdfast-1-a+3.efi"));

    auto hardware = lab.hardware(disk);
    hardware.secure_boot = true;
    const auto machine = must(Machine::power_on(hardware));
    must(machine->wait_for_event("RESET", for_a_boot()));
    const auto found =
        must(machine->wait_for_any({"Security violation", "Access denied", "Linux version"}, for_a_boot()));
    BOOST_TEST_MESSAGE(found.line.text);
    BOOST_TEST(found.which != 2, found.line.text);
    machine->cut_power();
    BOOST_TEST(!machine->console().last(1000).contains("Linux version"));
}
