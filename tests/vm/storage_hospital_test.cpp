// A hospital's box whose disk is locked: usbguard, which alone lets USB devices in, is behind that lock, and still
// somebody with a keyboard can type the recovery key.
#include "sealed_lab.hpp"
#include "vm/stowaway.hpp"
#include "ward.hpp"

#include <functional>

using namespace holdfast;
using namespace holdfast::vm;

namespace {

// QEMU holds each key for a while, one after the other. The keyboard keeps sixteen that the guest has not taken yet,
// and drops more: between groups of eight it is heard.
void press_all(Machine& machine, const std::string& text, const std::function<void()>& hear) {
    for (const char c : text) {
        if (c == '-') hear();
        press(machine, {c == '-' ? "minus" : std::string(1, c)});
    }
    hear();
    press(machine, {"ret"});
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_recovery_key_is_typed_on_a_usb_keyboard_and_nothing_else_is_let_in) {
    const SealedLab lab(InstallLab{.lab = Lab(hospital)});
    must(hide_agent(must(System::open(lab.target.file))));
    // It was good before: a slot on trial that does not open the disk goes back to the other.
    must(must(Esp::open(lab.target.file)).rename("EFI/Linux/holdfast-1-a+3.efi", "holdfast-1-a.efi"));
    // The same disk in another computer, with another TPM.
    auto hardware = lab.computer();
    hardware.folder = lab.install.path("other");
    hardware.usb = true;
    const auto machine = must(Machine::power_on(hardware));
    must(machine->wait_for("the disk of this box is locked: ", for_a_boot()));
    must(machine->wait_for("press TAB for no echo", for_a_command()));
    auto agent = must(machine->agent(for_a_boot()));
    const auto shell = [&](const std::string& script) {
        return std::string(trim(must(agent.shell(script, for_a_boot()))));
    };
    plug_stick(*machine, lab.install.path("stick.raw"), 1);
    plug(*machine, {{"driver", "usb-kbd"}, {"id", "keyboard"}}, 2);
    // The interface of a device is there once the kernel has let it in.
    const auto let_in = [&](const std::string& interface) {
        return shell("udevadm wait --timeout=60 --settle /sys/bus/usb/devices/" + interface +
                     " 2>&1 || udevadm info -q all -p /sys/bus/usb/devices/" + interface.substr(0, 3));
    };
    BOOST_TEST(let_in("1-2:1.0") == "");
    BOOST_TEST(shell("cat /proc/bus/input/devices").contains("QEMU USB Keyboard"));
    BOOST_TEST(shell("cat /sys/bus/usb/devices/2-1/authorized") == "0");

    press_all(*machine, lab.recovery_key, [&] { shell("udevadm settle"); });
    BOOST_TEST(shell("udevadm wait --timeout=120 --settle /dev/mapper/holdfast-var 2>&1 || true") == "");
    // All that waited for the disk.
    shell("systemctl is-system-running --wait || true");
    BOOST_TEST(shell("findmnt -n -o SOURCE /var") == "/dev/mapper/holdfast-var");
    const auto shown = must(json::parse(shell("holdfast storage show --json"), 1 << 20));
    BOOST_TEST(shown.at("unlocked_by") == "recovery-key");
    BOOST_TEST(!shell("ls /run/holdfast-storage").contains("asks"));
    BOOST_TEST(shell("usbguard list-devices --blocked").contains("08:06:50"));
    BOOST_TEST(shell("usbguard list-devices --allowed").contains("QEMU USB Keyboard"));
    BOOST_TEST(shell("ls /dev/sd* 2>/dev/null || true") == "");
    machine->cut_power();
}
