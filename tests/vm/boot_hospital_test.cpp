// The hospital profile, looked at from outside and, through an agent that was laid into a copy of its disk, from
// within: nobody gets in, no USB device that the policy does not name works, and all of it is on record.
#include "base/process.hpp"
#include "base/text.hpp"
#include "vm/stowaway.hpp"
#include "ward.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

// A module of the image's own kernel that nothing here needs, without the signature at its end.
std::string unsigned_module(const Lab& lab) {
    const std::string repository = "--repo=" + (lab.image.folder / "repo").string();
    const std::string reference(trim(must(run_or_fail({"ostree", "refs", repository}))));
    const std::string listing = must(run_or_fail({"ostree", "ls", repository, reference, "/usr/lib/modules"}));
    const std::string folder(trim(listing.substr(listing.rfind("/usr/lib/modules"))));
    const auto file = lab.scratch.path() / "dummy.ko";
    const std::string packed =
        must(run_or_fail({"ostree", "cat", repository, reference, folder + "/kernel/drivers/net/dummy.ko.zst"}));
    must(write_whole(file, must(run_or_fail({"zstd", "-q", "--decompress", "--stdout"}, {.input = packed}))));
    // It writes the sections anew, and the signature is in none of them.
    must(run_or_fail({"objcopy", "--strip-debug", file.string()}));
    return must(read_whole(file));
}

// Started once for all cases of this program; each looks at another side of it.
struct Ward {
    Lab lab{hospital};
    std::unique_ptr<Machine> machine = start();
    Machine::Judged judged = must(machine->wait_for_verdict(for_a_boot()));
    Agent agent = must(machine->agent(for_a_command()));

    std::unique_ptr<Machine> start() {
        const auto disk = lab.copy();
        const auto system = must(System::open(disk.file));
        must(hide_agent(system));
        must(system.write(unsigned_module(lab), must(system.deployment('a')) + stowaway_folder + "/unsigned.ko", 0644));
        auto hardware = lab.hardware(disk);
        hardware.usb = true;
        return must(Machine::power_on(hardware));
    }
    std::string shell(const std::string& script) {
        return std::string(trim(must(agent.shell(script, for_a_command()))));
    }
    // What came of plugging a device into that port: the record of usbguard's decision.
    std::string record_of(int port) {
        // Ports of both speeds are numbered alike. tail(1) waits for the log, and ends once grep(1) has.
        return shell("tail -n +1 -F /var/log/audit/audit.log 2>/dev/null | grep -m 1 -E 'USER_DEVICE.*/[0-9]+-" +
                     std::to_string(port) + "\" target='");
    }
    std::string plug(Json device, int port) {
        vm::plug(*machine, std::move(device), port);
        return record_of(port);
    }
    void press(const std::vector<std::string>& keys) { vm::press(*machine, keys); }
    bool was_reset() const {
        return std::ranges::any_of(machine->events(), [](const Event& event) { return event.name == "RESET"; });
    }
    static Ward& box() {
        static Ward ward;
        return ward;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_verdict_is_green_and_the_checks_of_the_policies_are_among_it) {
    auto& ward = Ward::box();
    const auto& verdict = ward.judged.verdict;
    BOOST_TEST(verdict.colour == "green");
    BOOST_TEST(verdict.profile == "hospital");
    BOOST_TEST(verdict.healthy == verdict.checks, ward.machine->console().last(40));
    const std::string status = ward.shell("holdfast status 2>/dev/null");
    for (const auto* check : {"30-usb-policy.sh", "30-audit.sh"}) BOOST_TEST(status.contains(check));
}

BOOST_AUTO_TEST_CASE(development_keys_under_it_are_loud) {
    auto& ward = Ward::box();
    const auto papers =
        must(json::parse(must(read_whole(ward.lab.image.folder / (ward.lab.image.name + ".json"))), 1 << 20));
    const bool development = papers.value("development", true);
    BOOST_TEST(ward.machine->console().last(1000).contains("DEVELOPMENT IMAGE: not for production") == development);
    BOOST_TEST(ward.shell("holdfast status 2>/dev/null").contains("DEVELOPMENT IMAGE") == development);
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_for_a_login_anywhere) {
    auto& ward = Ward::box();
    ward.machine->type("\r\n\r\nroot\r\n");
    ward.press({"ctrl", "alt", "f2"});
    ward.press({"ret"});
    BOOST_TEST(
        ward.shell("systemctl list-units --all --plain --no-legend '*getty*.service' | grep -w active || true") == "");
    BOOST_TEST(ward.shell("ls /usr/sbin/agetty /usr/sbin/sulogin /usr/bin/login /usr/sbin/sshd 2>/dev/null || true") ==
               "");
    // Nobody reads from a terminal; what now and then writes to the console asks nobody.
    BOOST_TEST(ward.shell("ls -l /proc/[0-9]*/fd 2>/dev/null | grep -E -- '^lr.* -> /dev/(tty|console|hvc)' || true") ==
               "");
    BOOST_TEST(!ward.machine->console().last(1000).contains("login:"));
}

BOOST_AUTO_TEST_CASE(nothing_listens_for_the_network) {
    BOOST_TEST(Ward::box().shell("ss -Hlntu | awk '$5 !~ /^(127\\.|\\[::1\\])/ { print $5 }'") == "");
}

BOOST_AUTO_TEST_CASE(keys_of_a_passer_by_restart_nothing) {
    auto& ward = Ward::box();
    BOOST_TEST(ward.shell("cat /proc/sys/kernel/sysrq") == "0");
    ward.press({"alt", "sysrq", "b"});
    for (int i = 0; i < 10; ++i) ward.press({"ctrl", "alt", "delete"});
    // systemd takes the signal before it answers this.
    BOOST_TEST(ward.shell("systemctl list-jobs --no-legend | grep -v test-agent || true") == "");
    BOOST_TEST(ward.shell("systemctl is-enabled ctrl-alt-del.target || true") == "masked");
    BOOST_TEST(!ward.was_reset());
}

BOOST_AUTO_TEST_CASE(a_stick_is_blocked_and_on_record) {
    auto& ward = Ward::box();
    plug_stick(*ward.machine, ward.lab.scratch.path() / "stick.raw", 1);
    const std::string record = ward.record_of(1);
    BOOST_TEST(record.contains("target=\"block\""), record);
    BOOST_TEST(ward.shell("usbguard list-devices --blocked").contains("08:06:50"));
    BOOST_TEST(ward.shell("udevadm settle; ls /dev/sd* 2>/dev/null || true") == "");
}

BOOST_AUTO_TEST_CASE(a_network_adapter_is_blocked) {
    auto& ward = Ward::box();
    must(
        ward.machine->command("netdev_add", {{"type", "user"}, {"id", "usbnet"}, {"restrict", true}}, for_a_command()));
    const std::string record = ward.plug({{"driver", "usb-net"}, {"netdev", "usbnet"}, {"id", "adapter"}}, 2);
    BOOST_TEST(record.contains("target=\"block\""), record);
    BOOST_TEST(ward.shell("udevadm settle; ls /sys/class/net") == "lo");
}

BOOST_AUTO_TEST_CASE(a_keyboard_and_a_touch_screen_are_allowed) {
    auto& ward = Ward::box();
    BOOST_TEST(ward.plug({{"driver", "usb-kbd"}, {"id", "keyboard"}}, 3).contains("target=\"allow\""));
    BOOST_TEST(ward.plug({{"driver", "usb-tablet"}, {"id", "touch"}}, 4).contains("target=\"allow\""));
    const std::string inputs = ward.shell("udevadm settle; cat /proc/bus/input/devices");
    BOOST_TEST(inputs.contains("QEMU USB Keyboard"), inputs);
    BOOST_TEST(inputs.contains("QEMU USB Tablet"), inputs);
}

BOOST_AUTO_TEST_CASE(what_counts_is_on_record_and_the_rules_stay) {
    auto& ward = Ward::box();
    BOOST_TEST(ward.shell("auditctl -s | grep enabled") == "enabled 2");
    BOOST_TEST(ward.shell("auditctl -D 2>&1 >/dev/null || true").contains("Operation not permitted"));
    const auto recorded = [&](const std::string& act, const std::string& key) {
        // The record is written when the call returns; the marker behind it says that auditd has written it.
        return ward.shell(act + "; auditctl -m " + key + "-done; tail -n +1 -F /var/log/audit/audit.log 2>/dev/null" +
                          " | grep -m 1 " + key + "-done >/dev/null; ausearch -k " + key +
                          " --input /var/log/audit/audit.log 2>/dev/null | grep -c type=SYSCALL || true");
    };
    BOOST_TEST(recorded("touch /etc/passwd", "identity") != "0");
    BOOST_TEST(recorded("mkdir -p /run/m && mount -t tmpfs none /run/m && umount /run/m", "mounts") != "0");
    BOOST_TEST(recorded("date --set now >/dev/null", "time") != "0");
    BOOST_TEST(recorded("modprobe -q -r dummy || true; modprobe dummy numdummies=0", "modules") != "0");
}

BOOST_AUTO_TEST_CASE(an_unsigned_module_is_refused) {
    auto& ward = Ward::box();
    const std::string refused = ward.shell(std::string("insmod ") + stowaway_folder + "/unsigned.ko 2>&1 || true");
    BOOST_TEST(refused.contains("Key was rejected by service"), refused);
    // The same module with its signature is taken.
    BOOST_TEST(ward.shell("modprobe dummy numdummies=0 && echo taken") == "taken");
}

BOOST_AUTO_TEST_CASE(nothing_failed_and_the_kernel_is_locked_down) {
    auto& ward = Ward::box();
    BOOST_TEST(ward.shell("systemctl list-units --state=failed --no-legend --plain") == "");
    BOOST_TEST(ward.shell("cat /sys/kernel/security/lockdown").contains("[integrity]"));
    for (const auto& [name, value] : {std::pair{"kernel/kptr_restrict", "2"},
                                      {"kernel/kexec_load_disabled", "1"},
                                      {"kernel/dmesg_restrict", "1"},
                                      {"kernel/yama/ptrace_scope", "2"},
                                      {"net/ipv4/conf/all/accept_redirects", "0"}})
        BOOST_TEST(ward.shell(std::string("cat /proc/sys/") + name) == value, name);
}

// A slot on its last try that cannot mount /var: where other images offer a shell, this one says what it is, and stays.
BOOST_AUTO_TEST_CASE(zz_a_slot_that_cannot_start_offers_no_shell) {
    Ward::box().machine->cut_power();
    const Lab lab(hospital);
    const auto disk = lab.copy();
    const auto system = must(System::open(disk.file));
    must(
        system.write("/dev/disk/holdfast/nowhere /var ext4 x-systemd.device-timeout=5s 0 2\n"
                     "/dev/disk/holdfast/esp /efi vfat umask=0077,nofail 0 2\n",
                     must(system.deployment('a')) + "/etc/fstab", 0644));
    must(must(Esp::open(disk.file)).rename("EFI/Linux/holdfast-1-a+3.efi", "holdfast-1-a+1-2.efi"));
    const auto machine = must(Machine::power_on(lab.hardware(disk)));
    const auto judged = must(machine->wait_for_verdict(for_a_boot()));
    BOOST_TEST(judged.verdict.colour == "red");
    must(machine->wait_for("this system could not start; install it again, or call its maintainer", for_a_boot()));
    BOOST_TEST(!machine->console().last(1000).contains("Give root password"));
    BOOST_TEST(!machine->console().last(1000).contains("Press Enter"));
    machine->cut_power();
}
