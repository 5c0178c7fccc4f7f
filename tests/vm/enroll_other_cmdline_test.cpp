// A box that was started with more words for its kernel than its release has, and with Secure Boot off: it asks, and
// is told no to both.
#include "enroll_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_box_with_other_words_on_its_command_line_is_refused_with_them) {
    const EnrollLab lab;
    auto hardware = lab.measured(lab.overlay());
    hardware.secure_boot = false;  // under it no firmware hands words on
    hardware.kernel_words = "systemd.debug_shell=ttyS1";
    auto box = UpdateLab::start(hardware);
    const auto file = lab.request(box, "--ticket " + lab.ticket(), "ventilator-7.request");
    const auto admission = lab.hub("admit " + file.string() + " --json", 77);
    BOOST_TEST(objects(admission, "command line: no: it was started with other words than the release's"));
    BOOST_TEST(admission.dump().contains("systemd.debug_shell=ttyS1"));
    BOOST_TEST(objects(admission, "Secure Boot: no: it is off"));
    // Nor does a person overrule that.
    BOOST_TEST(lab.hub("admit " + file.string() + " --by ada --json", 77).at("admitted") == false);
    BOOST_TEST(!std::filesystem::exists(lab.file("ventilator-7.answer")));
    box.machine->cut_power();
}
