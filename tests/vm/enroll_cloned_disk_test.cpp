// The disk of a box that was admitted, in another computer: what it holds is worth nothing there.
#include "enroll_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_disk_in_another_computer_is_not_the_box) {
    const EnrollLab lab;
    const auto disk = lab.overlay();
    {
        auto box = UpdateLab::start(lab.measured(disk));
        lab.join(box, "first", "--ticket " + lab.ticket());
        // A second request waits for its answer when the disk is taken out.
        const auto second = lab.request(box, "--site north", "second.request");
        lab.hub("admit " + second.string() + " --json");
        must(box.machine->power_off(for_a_boot()));
    }
    auto clone = UpdateLab::start(lab.measured(disk, "other"));
    lab.give(clone, lab.file("second.answer"));
    BOOST_TEST(clone.refusal("enroll import /run/answer --authority " + lab.authority).contains("not of this TPM"));

    const auto asked = clone.holdfast("enroll request --site north --name ventilator-7 --out /run/asked");
    BOOST_TEST(asked.contains("the keys of before are of no use any more"));
    must(write_whole(lab.file("clone.request"), must(clone.agent().read_file("/run/asked", for_a_command()))));
    const auto admission = lab.hub("admit " + lab.file("clone.request").string() + " --by ada --json", 77);
    BOOST_TEST(objects(admission, "name: no: another box has that name"));
    BOOST_TEST(objects(admission, "ticket: ask: the box has none"));
    clone.machine->cut_power();
}
