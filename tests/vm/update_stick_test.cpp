// A box with no network at all gets a release on a stick: a published repository, as any web server would have it.
#include "update_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_repository_on_a_stick_updates_a_box_without_a_network) {
    UpdateLab lab;
    must(lab.releases.publish(must(lab.releases.make(UpdateLab::better("0.2.0", 10)))));
    auto hardware = lab.hardware(lab.overlay());
    hardware.usb = true;
    hardware.disks.push_back(lab.stick(lab.releases.repository(), UpdateLab::Format::Ext4));
    auto box = UpdateLab::start(hardware);
    must(box.machine->plug(1, for_a_command()));
    box.shell("udevadm wait --timeout=60 /dev/sda");
    BOOST_TEST(box.refusal("update download /dev/sda1").contains("/dev/sda1"));
    BOOST_TEST(box.holdfast("update download /dev/sda").contains("0.2.0 is downloaded"));
    must(box.machine->unplug(1, for_a_command()));
    box.restart_by("update apply");
    box.expect_green("b", "0.2.0");
    box.wait_until_good("0.2.0");
    BOOST_TEST(box.json("update history --json").at("attempts").back().at("state") == "good");
    box.machine->cut_power();
}
