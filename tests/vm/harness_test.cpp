// The machine itself, with nothing in it but firmware and its shell: seconds, where a system takes a minute.
#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/scratch.hpp"
#include "vm/disk.hpp"
#include "vm/machine.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::vm;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr auto script =
    "@echo -off\r\necho holdfast: verdict green slot=a tries_left=2 board=shell profile=none version=1 checks=1/1\r\n";

// A disk that the firmware starts its own shell from.
struct ShellDisk {
    Scratch scratch = Scratch::make("harness").value();
    fs::path raw = scratch.path() / "shell.raw";

    ShellDisk() {
        BOOST_REQUIRE(make_empty_disk(raw, 48 * mebibyte));
        need(run_or_fail({"sfdisk", "-q", raw}, {.input = "label: gpt\nstart=2048, type=uefi, name=holdfast-esp\n"}));
        const auto drive = raw.string() + "@@1M";
        need(run_or_fail({"mformat", "-i", drive, "-F", "-T", "90000", "-h", "16", "-s", "63", "::"}));
        const auto esp = Esp::open(raw);
        BOOST_REQUIRE_MESSAGE(esp, esp.error().what);
        need(esp->make_folder("EFI"));
        need(esp->make_folder("EFI/BOOT"));
        need(esp->write("/usr/share/efi-shell-x64/shellx64.efi", "EFI/BOOT/BOOTX64.EFI"));
        need(write_whole(scratch.path() / "startup.nsh", script));
        need(esp->write(scratch.path() / "startup.nsh", "startup.nsh"));
    }
    template <class T>
    static void need(const Result<T>& result) {
        if (!result) BOOST_FAIL(result.error().what);
    }
};

const ShellDisk& shell_disk() {
    static const ShellDisk disk;
    return disk;
}

// A fresh machine over that disk.
struct Bench {
    Scratch scratch = Scratch::make("bench").value();
    Hardware hardware{.folder = scratch.path() / "machine",
                      .disks = {{.file = scratch.path() / "disk.qcow2"}},
                      .tpm = false,
                      .memory_mib = 256,
                      .cpus = 1};
    Bench() { ShellDisk::need(make_overlay(shell_disk().raw, hardware.disks[0].file)); }

    std::unique_ptr<Machine> power_on() const {
        auto machine = Machine::power_on(hardware);
        if (!machine) BOOST_FAIL(machine.error().what);
        return std::move(*machine);
    }
};

// The shell offers to wait before its script; any key is taken as "go on".
Verdict verdict_of(Machine& machine) {
    ShellDisk::need(machine.wait_for("any other key to continue", Deadline::in(60s)));
    machine.type("\r");
    const auto judged = machine.wait_for_verdict(Deadline::in(60s));
    if (!judged) BOOST_FAIL(judged.error().what);
    return judged->verdict;
}

void type_command(Machine& machine, const std::string& command) {
    ShellDisk::need(machine.wait_for("Shell>", Deadline::in(30s)));
    machine.type(command + "\r");
}

std::string children_of_this_process() {
    return read_whole("/proc/thread-self/children").value_or("");
}

}  // namespace

BOOST_AUTO_TEST_CASE(from_power_on_to_verdict_and_off_again) {
    const Bench bench;
    const auto machine = bench.power_on();
    BOOST_TEST(verdict_of(*machine).board == "shell");
    type_command(*machine, "reset -s");
    ShellDisk::need(machine->wait_for_end(Deadline::in(30s)));
    BOOST_TEST(!machine->running());
    BOOST_TEST(read_whole(bench.hardware.folder / "console.log").value().contains("holdfast: verdict green"));
}

BOOST_AUTO_TEST_CASE(a_reboot_is_an_event_and_each_verdict_is_seen_once) {
    const Bench bench;
    const auto machine = bench.power_on();
    verdict_of(*machine);
    BOOST_TEST(!machine->wait_for_verdict(Deadline::in(100ms)));
    type_command(*machine, "reset");
    ShellDisk::need(machine->wait_for_event("RESET", Deadline::in(30s)));
    verdict_of(*machine);
}

BOOST_AUTO_TEST_CASE(a_tpm_keeps_its_state_over_a_power_cut) {
    Bench bench;
    bench.hardware.tpm = true;
    for (int time = 0; time < 2; ++time) {
        const auto machine = bench.power_on();
        verdict_of(*machine);
        machine->cut_power();
    }
    BOOST_TEST(fs::exists(tpm_state(bench.hardware) / "tpm2-00.permall"));
}

BOOST_AUTO_TEST_CASE(firmware_with_secure_boot_starts_in_setup_mode) {
    Bench bench;
    bench.hardware.secure_boot = true;
    verdict_of(*bench.power_on());
}

BOOST_AUTO_TEST_CASE(the_disk_under_an_overlay_is_never_written) {
    const Bench bench;
    const auto before = sha256_file(shell_disk().raw).value();
    const auto machine = bench.power_on();
    verdict_of(*machine);
    type_command(*machine, "echo written > fs0:\\new.txt");
    type_command(*machine, "reset -s");
    ShellDisk::need(machine->wait_for_end(Deadline::in(30s)));
    BOOST_TEST(sha256_file(shell_disk().raw).value() == before);
    const auto flat = bench.scratch.path() / "flat.raw";
    ShellDisk::need(flatten_disk(bench.hardware.disks[0].file, flat));
    ShellDisk::need(Esp::open(flat).value().read("new.txt", bench.scratch.path() / "new.txt"));
}

BOOST_AUTO_TEST_CASE(a_stick_boots_too) {
    Bench bench;
    bench.hardware.disks[0].bus = Disk::Bus::UsbStick;
    verdict_of(*bench.power_on());
}

BOOST_AUTO_TEST_CASE(what_does_not_come_is_told_with_the_last_words) {
    const Bench bench;
    const auto machine = bench.power_on();
    verdict_of(*machine);
    const auto never = machine->wait_for("never written", Deadline::in(100ms));
    BOOST_REQUIRE(!never);
    BOOST_TEST((never.error().code == Code::Offline));
    BOOST_TEST(never.error().what.contains("'never written'"));
    BOOST_TEST(never.error().what.contains("; a processor at RIP="));
    BOOST_TEST(never.error().what.contains("holdfast: verdict green"));
    machine->cut_power();
    BOOST_TEST(machine->wait_for("never", Deadline::in(30s)).error().what.contains("the machine ended"));
}

BOOST_AUTO_TEST_CASE(a_machine_that_qemu_refuses) {
    Bench bench;
    BOOST_REQUIRE(write_whole(bench.hardware.disks[0].file, "this is no disk"));
    const auto refused = Machine::power_on(bench.hardware);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().what.contains("qcow2"));
    bench.hardware.disks[0].file = "/no/such/disk";
    BOOST_TEST((Machine::power_on(bench.hardware).error().code == Code::NotFound));
}

BOOST_AUTO_TEST_CASE(nothing_is_left_behind) {
    Bench bench;
    bench.hardware.tpm = true;
    {
        const auto machine = bench.power_on();
        BOOST_TEST(!children_of_this_process().empty());
    }
    BOOST_TEST(children_of_this_process() == "");
}
