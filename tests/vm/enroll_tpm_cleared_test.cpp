// The TPM of a box that was admitted is cleared: its keys are gone, the box says so, and a person lets it in again.
#include "enroll_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_box_with_a_cleared_tpm_is_a_question_to_a_person) {
    const EnrollLab lab;
    auto box = UpdateLab::start(lab.measured(lab.overlay()));
    lab.join(box, "first", "--ticket " + lab.ticket());

    box.shell("tpm2_clear --tcti=device:/dev/tpmrm0 -c lockout");
    const auto file = lab.request(box, "--site north", "cleared.request");
    const auto asked = lab.hub("admit " + file.string() + " --json", 3);
    BOOST_TEST(objections(asked) ==
                   std::vector<std::string>{"freshness: ask: this box has another attestation key than before: was its "
                                            "TPM cleared?"},
               boost::test_tools::per_element());
    const auto admission = lab.join(box, "again", "--site north", " --by ada");
    BOOST_TEST(admission.at("admitted") == true);
    BOOST_TEST(lab.hub("show north ventilator-7 --json").at("decisions").back().at("who") == "ada");
    box.machine->cut_power();
}
