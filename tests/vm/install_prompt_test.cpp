// Without an install.yaml a person is asked, here over the serial console: mistakes are forgiven, consent is not
// guessed.
#include "install_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

struct Person {
    Machine& machine;

    void answer(const std::string& question, const std::string& words) {
        must(machine.wait_for(question, Deadline::in(std::chrono::minutes(5))));
        machine.type(words + "\r");
    }
    // The number of the line that offers this disk.
    std::string number_of(const std::string& disk) {
        const auto line = must(machine.wait_for(disk, Deadline::in(std::chrono::minutes(5))));
        const auto bracket = line.text.find(')');
        BOOST_REQUIRE_MESSAGE(bracket != std::string::npos && bracket > 0, line.text);
        return line.text.substr(bracket - 1, 1);
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_person_chooses_consents_and_installs) {
    const InstallLab install;
    const auto full = install.empty("FULL"), empty = install.empty("EMPTY");
    must(run_or_fail({"mkfs.ext4", "-q", "-L", "patients", full.file.string()}));
    must(copy_disk(full.file, install.path("before.raw")));
    const auto machine = install.start({InstallLab::stick(install.copy("medium.iso")), full, empty});
    Person person{*machine};

    must(machine->wait_for("Holdfast can be installed on:", Deadline::in(std::chrono::minutes(5))));
    const std::string number = person.number_of("HOLDS DATA: ext4 'patients'");
    person.answer("Which one?", "9");
    must(machine->wait_for("'9' is none of the numbers above", for_a_command()));
    person.answer("Which one?", number);
    // Anything but the words is no consent.
    person.answer("to go on, anything else to end:", "yes");
    expect(InstallLab::wait(*machine), Ended::How::Refused, "no consent to erase");
    must(run_or_fail({"qemu-img", "compare", "-q", "-f", "raw", "-F", "raw", install.path("before.raw").string(),
                      full.file.string()}));

    person.answer("Press Enter to try again", "");
    must(machine->wait_for("Holdfast can be installed on:", Deadline::in(std::chrono::minutes(5))));
    const auto line = must(machine->wait_for("HOLDS DATA: ext4 'patients'", for_a_command()));
    const auto name = line.text.find("sd");
    BOOST_REQUIRE_MESSAGE(name != std::string::npos, line.text);
    person.answer("Which one?", number);
    person.answer("to go on, anything else to end:", "erase " + line.text.substr(name, 3));
    person.answer("Name of this box", "-wrong-");
    must(machine->wait_for("is no host name", for_a_command()));
    person.answer("Name of this box", "bay-8");
    expect(InstallLab::wait(*machine), Ended::How::Done, "disk=/dev/" + line.text.substr(name, 3));
    person.answer("Press Enter to go on.", "");
    must(machine->wait_for_event("RESET", for_a_command()));
    machine->cut_power();

    const auto system = must(System::open(full.file));
    must(system.read(must(system.deployment('a')) + "/etc/hostname", install.path("hostname")));
    BOOST_TEST(must(read_whole(install.path("hostname"))) == "bay-8\n");
    BOOST_TEST(std::stoull(must(run_or_fail({"stat", "--format=%b", empty.file.string()}))) == 0U);
}
