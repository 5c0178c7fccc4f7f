// From the ISO on a USB stick onto an empty disk with no person and no network; then that disk boots to green.
#include "base/text.hpp"
#include "install_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

constexpr auto answers =
    "disk:\n  serial: HOLDFAST0\nhostname: bay-7\nafter: reboot\non-refusal: poweroff\n"
    "authorized-keys:\n  - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKB0bT9hOGVxbW1sYmFyZmllbGRzcGFjZWtleXRlc3Qx me\n";

}  // namespace

BOOST_AUTO_TEST_CASE(an_empty_disk_becomes_a_green_box) {
    const InstallLab install;
    auto target = install.empty("HOLDFAST0");
    target.bus = Disk::Bus::Virtio;
    {
        const auto machine = install.start({InstallLab::stick(install.with_answers("medium.iso", answers)), target});
        expect(InstallLab::wait(*machine), Ended::How::Done, "disk=/dev/vda");
        // As "after: reboot" wants it.
        must(machine->wait_for_event("RESET", for_a_command()));
        machine->cut_power();
    }
    // The medium is out, and the firmware's variables are those that the installer left.
    const auto machine = install.start({target});
    const auto judged = must(machine->wait_for_verdict(for_a_boot()));
    BOOST_TEST(judged.verdict.green());
    BOOST_TEST(judged.verdict.slot == "a");
    auto agent = must(machine->agent(for_a_command()));
    const auto shell = [&](const std::string& script) {
        return std::string(trim(must(agent.shell(script, for_a_command()))));
    };
    // /var got what the image's own disk of fixed size could not give it.
    BOOST_TEST(std::stoull(shell("findmnt -n -b -o SIZE --mountpoint /var")) > (1ULL << 30));
    BOOST_TEST(shell("touch /x 2>/dev/null && echo written || echo refused") == "refused");
    BOOST_TEST(shell("cat /proc/sys/kernel/hostname") == "bay-7");
    BOOST_TEST(shell("sshd -G | grep -i ^authorizedkeysfile") ==
               "authorizedkeysfile .ssh/authorized_keys /etc/ssh/authorized_keys.d/%u");
    BOOST_TEST(shell("grep -c ssh-ed25519 /etc/ssh/authorized_keys.d/root") == "1");
    machine->cut_power();
}
