// A hospital's box whose disk is locked: usbguard, which alone lets USB devices in, is behind that lock, and still
// somebody with a keyboard can type the recovery key.
#include "sealed_lab.hpp"
#include "vm/stowaway.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

const Wanted hospital{"HOLDFAST_HOSPITAL_IMAGE_DIR", "generic-x86-64-hospital-podman",
                      "./dev image --profile hospital"};

void plug(Machine& machine, Json device, int port) {
    device["bus"] = "usb.0";
    device["port"] = std::to_string(port);
    must(machine.command("device_add", device, for_a_command()));
}

// On the USB keyboard; QEMU holds each key for a while, one after the other.
void press(Machine& machine, const std::string& key) {
    must(machine.command("send-key", {{"keys", {{{"type", "qcode"}, {"data", key}}}}}, for_a_command()));
}

void press_all(Machine& machine, const std::string& text) {
    for (const char c : text) press(machine, c == '-' ? "minus" : std::string(1, c));
    press(machine, "ret");
}

// The kernel is quiet there, so nobody tells when it has taken to the keyboard: who types too early does it again.
Machine::Judged type_until_it_starts(Machine& machine, const std::string& recovery_key) {
    for (int tries = 0; tries < 3; ++tries) {
        press_all(machine, recovery_key);
        auto judged = machine.wait_for_verdict(Deadline::in(std::chrono::minutes(3)));
        if (judged) return std::move(*judged);
    }
    BOOST_FAIL("the recovery key was typed three times: " + machine.console().last(40));
    return {};
}

// Ready to go into a port.
void lay_ready(Machine& machine, const std::filesystem::path& stick) {
    must(make_empty_disk(stick, 16 << 20));
    must(machine.command("blockdev-add",
                         {{"driver", "file"}, {"node-name", "stick"}, {"filename", stick.string()}}, for_a_command()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_recovery_key_is_typed_on_a_usb_keyboard_and_nothing_else_is_let_in) {
    const SealedLab lab(InstallLab{.lab = Lab(hospital)});
    must(hide_agent(must(System::open(lab.target.file))));
    // The same disk in another computer, with another TPM.
    auto hardware = lab.computer();
    hardware.folder = lab.install.path("other");
    hardware.usb = true;
    const auto machine = must(Machine::power_on(hardware));
    must(machine->wait_for("the disk of this box is locked: ", for_a_boot()));
    must(machine->wait_for("press TAB for no echo", for_a_command()));
    lay_ready(*machine, lab.install.path("stick.raw"));
    plug(*machine, {{"driver", "usb-storage"}, {"drive", "stick"}, {"id", "stick"}}, 1);
    plug(*machine, {{"driver", "usb-kbd"}, {"id", "keyboard"}}, 2);
    const auto judged = type_until_it_starts(*machine, lab.recovery_key);
    BOOST_TEST(judged.verdict.colour == "green", machine->console().last(60));

    auto agent = must(machine->agent(for_a_command()));
    const auto shell = [&](const std::string& script) {
        return std::string(trim(must(agent.shell(script, for_a_command()))));
    };
    const auto shown = must(json::parse(shell("holdfast storage show --json"), 1 << 20));
    BOOST_TEST(shown.at("unlocked_by") == "recovery-key");
    BOOST_TEST(shell("ls /run/holdfast-storage") == "recovered");
    BOOST_TEST(shell("usbguard list-devices --blocked").contains("08:06:50"));
    BOOST_TEST(shell("usbguard list-devices --allowed").contains("QEMU USB Keyboard"));
    BOOST_TEST(shell("ls /dev/sd* 2>/dev/null || true") == "");
    machine->cut_power();
}
