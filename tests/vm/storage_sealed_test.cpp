// The sealed /var of an installed box: opened by the TPM for what the owner has signed, through an update, and by its
// recovery key alone for anything else; and with a PIN, where it has one.
#include "sealed_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

void restart(UpdateBox& box) {
    box.agent().shut_down(Agent::Shutdown::Reboot);
    must(box.machine->wait_for_event("RESET", for_a_boot()));
    box.forget_agent();
}

Json seals(const Json& shown) {
    return shown.at("seals");
}

// A machine that was unlocked at its console.
UpdateBox unlocked(std::unique_ptr<Machine> machine) {
    UpdateBox box(std::move(machine));
    box.expect_green("b", "0.2.0");
    return box;
}

// What tells one build of a firmware from another.
std::string firmware_register(UpdateBox& box) {
    return box.shell("tpm2_pcrread --tcti=device:/dev/tpmrm0 sha256:0");
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_disk_opens_for_what_the_owner_signed_and_for_nothing_else) {
    const SealedLab lab;
    const auto releases = lab.next_release(source_folder() / "keys/development");
    const test::FolderServer server(releases.repository());
    const auto computer = lab.computer(server.port());
    auto box = UpdateLab::start(computer);
    const auto first = SealedLab::sealed(box);
    BOOST_TEST(first.at("unlocked_by") == "tpm");
    BOOST_TEST(first.at("as_it_should_be") == true, first.dump());
    BOOST_TEST(seals(first).at(0).at("pcrs") == Json::array({7}));
    BOOST_TEST(seals(first).at(0).at("signed_pcrs") == Json::array({11}));
    // In the words of others.
    BOOST_TEST(box.shell("findmnt -n -o SOURCE /var") == "/dev/mapper/holdfast-var");
    BOOST_TEST(box.shell("blkid -o value -s TYPE $(readlink -f /dev/disk/holdfast/var-sealed)") == "crypto_LUKS");
    BOOST_TEST(box.shell("systemd-cryptenroll /dev/disk/holdfast/var-sealed").contains("tpm2"));
    BOOST_TEST(box.shell("systemctl --failed --no-legend") == "");
    // Nobody gets the key out of the TPM any more, now that the system is up.
    BOOST_TEST(
        box.shell("systemd-cryptsetup attach again /dev/disk/holdfast/var-sealed - tpm2-device=auto,headless=yes "
                  ">/dev/null 2>&1 && echo opened || echo refused") == "refused");

    SealedLab::update(box);
    const auto updated = SealedLab::sealed(box);
    BOOST_TEST(updated.at("unlocked_by") == "tpm");
    BOOST_TEST(seals(updated) == seals(first));
    const auto firmware = firmware_register(box);
    must(box.machine->power_off(for_a_boot()));

    // An update of the firmware.
    auto newer = lab.computer();
    newer.other_firmware = true;
    {
        auto opened = UpdateLab::start(newer);
        BOOST_TEST(firmware_register(opened) != firmware);
        const auto shown = SealedLab::sealed(opened);
        BOOST_TEST(shown.at("unlocked_by") == "tpm");
        BOOST_TEST(seals(shown) == seals(first));
        must(opened.machine->power_off(for_a_boot()));
    }

    // The same disk and TPM under other firmware, Secure Boot off, with another command line.
    auto other = lab.computer();
    other.folder = lab.install.path("other-firmware");
    other.secure_boot = false;
    other.kernel_words = "holdfast.other=1";
    must(make_directories(other.folder));
    must(run_or_fail({"cp", "-a", tpm_state(computer).string(), tpm_state(other).string()}));
    {
        auto machine = must(Machine::power_on(other));
        lab.unlock(*machine, "it is sealed to Secure Boot, which is off");
        auto opened = unlocked(std::move(machine));
        const auto shown = SealedLab::sealed(opened);
        BOOST_TEST(shown.at("unlocked_by") == "recovery-key");
        BOOST_TEST(seals(shown) == seals(first));
        BOOST_TEST(opened.shell("grep -c holdfast.other=1 /proc/cmdline") == "1");
        opened.machine->cut_power();
    }

    // Back on its own firmware, where somebody clears the TPM. What is typed goes to a machine that was turned on, and
    // not to one that was reset: there QEMU's serial port was seen to stand still at the first letter.
    {
        auto again = UpdateLab::start(computer);
        BOOST_TEST(SealedLab::sealed(again).at("unlocked_by") == "tpm");
        again.shell("tpm2_clear --tcti=device:/dev/tpmrm0 -c lockout");
        must(again.machine->power_off(for_a_boot()));
    }
    {
        auto machine = must(Machine::power_on(computer));
        lab.unlock(*machine, "what was started is not what it says, or this is not the TPM");
        auto opened = unlocked(std::move(machine));
        const auto anew = SealedLab::sealed(opened);
        BOOST_TEST(anew.at("unlocked_by") == "recovery-key");
        BOOST_TEST(anew.at("as_it_should_be") == true, anew.dump());
        restart(opened);
        opened.expect_green("b", "0.2.0");
        BOOST_TEST(SealedLab::sealed(opened).at("unlocked_by") == "tpm");
        // From now on with a PIN, which a person takes longer to type than a start waits for a disk.
        opened.shell("(umask 077; echo 246810 >/run/pin) && holdfast storage pin --pin-file /run/pin");
        must(opened.machine->power_off(for_a_boot()));
    }
    auto machine = must(Machine::power_on(computer));
    must(machine->wait_for("PIN of this box's disk: (press TAB for no echo)", for_a_boot()));
    BOOST_TEST(!machine->wait_for("Timed out waiting for device", Deadline::in(std::chrono::minutes(4))));
    machine->type("135790\r");
    must(machine->wait_for("Wrong PIN, 2 tries left. PIN of this box's disk: (press TAB for no echo)", for_a_boot()));
    machine->type("246810\r");
    auto again = unlocked(std::move(machine));
    const auto pinned = SealedLab::sealed(again);
    BOOST_TEST(pinned.at("unlocked_by") == "tpm");
    BOOST_TEST(pinned.at("pin") == true, pinned.dump());
    BOOST_TEST(pinned.at("as_it_should_be") == true, pinned.dump());
    again.machine->cut_power();
}
