// A slot whose required check fails: three starts, each counted by systemd-boot and none by us, then the other slot.
// Where there is no other slot the box stays up for a person, and says so.
#include "base/text.hpp"
#include "lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

constexpr auto check_path = "/etc/greenboot/check/required.d/99-fail.sh";
constexpr auto sick_in_b = "#!/bin/sh\n# Sick in slot b, well in slot a.\n! grep -q slot_suffix=_b /proc/cmdline\n";
constexpr auto always_sick = "#!/bin/sh\nexit 1\n";

// What a staged update leaves: slot a as it was blessed, slot b new and with three tries. Both slots show the same
// tree here, so it is the check that tells them apart
void stage_slot_b(const Lab& lab, const std::filesystem::path& raw) {
    const auto esp = must(Esp::open(raw));
    const auto system = must(System::open(raw));
    const std::string linux_folder = "EFI/Linux/";
    const auto uki = lab.scratch.path() / "uki.efi";
    must(esp.read(linux_folder + "holdfast-1-a+3.efi", uki));
    must(esp.rename(linux_folder + "holdfast-1-a+3.efi", "holdfast-1-a.efi"));
    must(esp.write(uki, linux_folder + "holdfast-2-b+3.efi"));

    const std::string deployment = must(system.deployment('a'));
    const auto addon = lab.scratch.path() / "addon.efi";
    must(system.read(deployment + "/usr/lib/holdfast/boot/slot-b.addon.efi", addon));
    must(esp.make_folder(linux_folder + "holdfast-2-b.efi.extra.d"));
    must(esp.write(addon, linux_folder + "holdfast-2-b.efi.extra.d/slot.addon.efi"));
    must(system.link(deployment.substr(std::string("/ostree/").size()), "/ostree/root.b"));
    must(system.write(sick_in_b, deployment + check_path, 0755));
    // Else the first red verdict would be enough.
    must(system.write("red: try-again\n", deployment + "/etc/holdfast/update.yaml", 0644));
}

void expect(Machine& machine, const std::string& colour, const std::string& slot, std::optional<int> tries_left) {
    const auto judged = must(machine.wait_for_verdict(for_a_boot()));
    BOOST_TEST(judged.verdict.colour == colour);
    BOOST_TEST(judged.verdict.slot == slot);
    BOOST_TEST((judged.verdict.tries_left == tries_left));
}

}  // namespace

BOOST_AUTO_TEST_CASE(three_red_starts_send_the_box_to_the_other_slot_and_alone_it_stays) {
    const Lab lab;
    const auto disk = lab.copy();
    stage_slot_b(lab, disk.file);
    const auto machine = must(Machine::power_on(lab.hardware(disk)));
    for (const int left : {2, 1, 0}) {
        expect(*machine, "red", "b", left);
        must(machine->wait_for_event("RESET", for_a_boot()));
    }
    expect(*machine, "green", "a", std::nullopt);

    // Now a alone, sick, and with its last try before it.
    auto agent = must(machine->agent(for_a_command()));
    const auto shell = [&](const std::string& script) {
        return std::string(trim(must(agent.shell(script, for_a_command()))));
    };
    BOOST_TEST(shell("cd /efi/EFI/Linux && ls holdfast-*.efi -d | paste -sd' '").contains("holdfast-2-b+0-3.efi"));
    must(agent.write_file(check_path, always_sick, for_a_command()));
    shell(
        "cd /efi/EFI/Linux && rm holdfast-2-b+0-3.efi && mv holdfast-1-a.efi holdfast-1-a+1-2.efi && sync -f . && "
        "sync");
    agent.shut_down(Agent::Shutdown::Reboot);
    must(machine->wait_for_event("RESET", for_a_boot()));
    must(machine->wait_for("no other slot to fall back to; staying up for a person", for_a_boot()));
    expect(*machine, "red", "a", 0);
    // It is up, and a person can work on it.
    auto again = must(machine->agent(for_a_command()));
    BOOST_TEST(
        must(again.shell("holdfast status --json 2>/dev/null || true", for_a_command())).contains("no other slot"));
    machine->cut_power();
}
