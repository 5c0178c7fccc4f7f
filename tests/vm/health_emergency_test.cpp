// A slot on trial that does not even get as far as its health checks, since it cannot mount /var: it is given up all
// the same, by the run of the checks that emergency mode starts.
#include "lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_slot_without_its_disk_is_tried_three_times_and_then_stays_alone) {
    const Lab lab;
    const auto disk = lab.copy();
    const auto system = must(System::open(disk.file));
    must(
        system.write("/dev/disk/holdfast/nowhere /var ext4 x-systemd.device-timeout=5s 0 2\n"
                     "/dev/disk/holdfast/esp /efi vfat umask=0077,nofail 0 2\n",
                     must(system.deployment('a')) + "/etc/fstab", 0644));
    const auto machine = must(Machine::power_on(lab.hardware(disk)));
    for (const unsigned left : {2U, 1U, 0U}) {
        if (left == 0) must(machine->wait_for("no other slot to fall back to; staying up for a person", for_a_boot()));
        const auto judged = must(machine->wait_for_verdict(for_a_boot()));
        BOOST_TEST(judged.verdict.colour == "red");
        BOOST_TEST((judged.verdict.tries_left == std::optional(static_cast<int>(left))));
        if (left > 0) must(machine->wait_for_event("RESET", for_a_boot()));
    }
    machine->cut_power();
}
