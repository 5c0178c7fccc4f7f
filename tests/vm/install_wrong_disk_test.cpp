// Disks that an unattended installation must not take, each for its own reason, and that are afterwards what they were
// before. All of them are in one machine, and only the sticks change.
#include "install_lab.hpp"

#include <ranges>

using namespace holdfast;
using namespace holdfast::vm;

namespace {

// Blocks of 512 bytes that the file takes on the host: none as long as nobody wrote.
std::uintmax_t blocks(const Disk& disk) {
    return std::stoull(must(run_or_fail({"stat", "--format=%b", disk.file.string()})));
}

struct Machines {
    InstallLab install;
    Disk medium = InstallLab::stick(install.with_answers("first.iso", "disk:\n  transport: virtio\n"));
    Disk two = InstallLab::spare(InstallLab::stick(install.with_answers("two.iso", "disk:\n  serial: BAY\n")));
    Disk none = InstallLab::spare(InstallLab::stick(
        install.with_answers("none.iso", "disk:\n  serial: ELSEWHERE\nwipe: true\non-refusal: poweroff\n")));
    Disk files = install.empty("FILES"), secret = install.empty("SECRET"), table = install.empty("TABLE"),
         small = install.empty("SMALL", 1ULL << 30), other = install.empty("OTHER"), first = install.empty("FIRST"),
         second = install.empty("SECOND");
    std::vector<Disk> held{files, secret, table, other};

    Machines() {
        first.serial = second.serial = "BAY";
        must(run_or_fail({"mkfs.ext4", "-q", "-L", "patients", files.file.string()}));
        // A LUKS header's first words; whatever follows them is encrypted.
        must(run_or_fail({"dd", "of=" + secret.file.string(), "conv=notrunc", "status=none"},
                         {.input = std::string("LUKS\xba\xbe\0\1", 8)}));
        must(run_or_fail({"sfdisk", "--quiet", table.file.string()}, {.input = "label: gpt\n,1G\n"}));
        must(run_or_fail({"xorriso", "-as", "mkisofs", "-quiet", "-V", "HOLDFAST_INSTALL", "-o",
                          install.path("other.iso").string(), (source_folder() / "README.md").string()}));
        must(run_or_fail({"dd", "if=" + install.path("other.iso").string(), "of=" + other.file.string(), "conv=notrunc",
                          "status=none"}));
        for (const auto& disk : held) must(copy_disk(disk.file, disk.file.string() + ".before"));
    }
    std::unique_ptr<Machine> start() const {
        return install.start({medium, two, none, files, secret, table, small, other, first, second});
    }
    void check_untouched() const {
        // Ends with 1, and so fails here, where they differ.
        for (const auto& disk : held)
            must(run_or_fail({"qemu-img", "compare", "-q", "-f", "raw", "-F", "raw", disk.file.string() + ".before",
                              disk.file.string()}));
        for (const auto& disk : {small, first, second}) BOOST_TEST(blocks(disk) == 0);
    }
};

// Whether one of the lines holds both texts.
void expect_line(const std::vector<std::string>& lines, std::string_view disk, std::string_view reason) {
    const bool found = std::ranges::any_of(
        lines, [&](const std::string& line) { return line.contains(disk) && line.contains(reason); });
    BOOST_TEST(found, disk << " was not refused because: " << reason);
    if (found) return;
    for (const auto& line : lines) BOOST_TEST_MESSAGE("  said: " << line);
}

// Out with one stick, in with the next, and on.
Ended change_stick(Machine& machine, std::size_t from, std::size_t to) {
    must(machine.wait_for("Press Enter to try again", for_a_command()));
    must(machine.unplug(from, for_a_command()));
    must(machine.plug(to, for_a_command()));
    machine.type("\r");
    return InstallLab::wait(machine);
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_disk_is_refused_for_its_own_reason_and_none_is_touched) {
    const Machines given;
    const auto machine = given.start();
    // Two empty disks answer to "transport: virtio", and nothing says which.
    expect(InstallLab::wait(*machine), Ended::How::Refused, "more than one disk could take the system");
    const auto lines = passed_over(*machine);
    BOOST_TEST(lines.size() == 6U);
    expect_line(lines, "usb", "it is the medium that this installer was started from");
    expect_line(lines, "FILES", "it holds data (ext4 'patients' on sd");
    expect_line(lines, "SECRET", "it holds data (crypto_LUKS on sd");
    expect_line(lines, "TABLE", "it holds data (partition sd");
    expect_line(lines, "SMALL", "it is too small: 4.5 GiB needed, 1.0 GiB found");
    expect_line(lines, "OTHER", "it carries a Holdfast installation medium");

    expect(change_stick(*machine, 0, 1), Ended::How::Refused, "install.yaml matches more than one disk: sd");

    const std::size_t seen = machine->console().end();
    expect(change_stick(*machine, 1, 2), Ended::How::Refused, "install.yaml matches no disk");
    const auto later = passed_over(*machine, seen);
    BOOST_TEST(later.size() == 8U);
    expect_line(later, "FILES", "its serial is 'FILES', install.yaml wants 'ELSEWHERE'");
    // As "on-refusal: poweroff" wants it.
    must(machine->wait_for_end(for_a_command()));
    given.check_untouched();
}
