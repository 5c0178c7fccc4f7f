// From the ISO on a USB stick onto an empty disk with no person and no network; then that disk boots to green.
#include "base/text.hpp"
#include "install_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(an_empty_disk_becomes_a_green_box) {
    const InstallLab install;
    const auto target = install.empty("HOLDFAST0");
    const auto medium = install.medium(answers_for("HOLDFAST0"), Disk::Bus::UsbStick);
    const auto ended = install.run({medium, target});
    BOOST_REQUIRE_MESSAGE(ended.how == Ended::How::Done, ended.words);

    const auto machine = must(Machine::power_on({.folder = install.path("machine"), .disks = {target}}));
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
    machine->cut_power();
}
