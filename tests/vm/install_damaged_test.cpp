// Media that were cut short or changed: the installer starts, names the file and leaves the disk alone, although it may
// erase it. With a whole stick in place of the damaged one it goes on at once.
#include "base/digest.hpp"
#include "base/file.hpp"
#include "install_lab.hpp"

#include <fstream>

using namespace holdfast;
using namespace holdfast::vm;

namespace {

namespace fs = std::filesystem;

constexpr auto answers = "disk:\n  serial: BAY\nwipe: true\nafter: poweroff\n";

// One bit of the byte in the middle of the file, which is far inside the system: that is all but a fifth of a medium.
void change_a_byte(const fs::path& file) {
    must(flip_a_byte(file));
}

void cut_short(const fs::path& file) {
    fs::resize_file(file, fs::file_size(file) / 3 * 2);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_damaged_medium_is_refused_by_the_file_and_a_whole_one_installs) {
    const InstallLab install;
    const auto cut = install.with_answers("cut.iso", answers), changed = install.with_answers("changed.iso", answers),
               whole = install.customized("whole.iso", answers);
    cut_short(cut);
    change_a_byte(changed);
    const auto target = install.empty("BAY");
    must(run_or_fail({"mkfs.ext4", "-q", "-L", "patients", target.file.string()}));
    const std::string before = must(sha256_file(target.file));

    const auto machine = install.start({InstallLab::stick(cut), InstallLab::spare(InstallLab::stick(changed)),
                                        InstallLab::spare(InstallLab::stick(whole)), target});
    const auto next_stick = [&](std::size_t from, std::size_t to) {
        must(machine->wait_for("Press Enter to try again", for_a_command()));
        must(machine->unplug(from, for_a_command()));
        must(machine->plug(to, for_a_command()));
        machine->type("\r");
        return InstallLab::wait(*machine);
    };
    expect(InstallLab::wait(*machine), Ended::How::Refused,
           "file system.squashfs on the medium cannot be read to its end");
    BOOST_TEST(must(sha256_file(target.file)) == before);
    expect(next_stick(0, 1), Ended::How::Refused,
           "file system.squashfs on the medium is not what was signed (changed or cut short)");
    BOOST_TEST(must(sha256_file(target.file)) == before);
    expect(next_stick(1, 2), Ended::How::Done, "disk=/dev/sd");
    // As "after: poweroff" wants it.
    must(machine->wait_for_end(for_a_command()));
    BOOST_TEST(must(partition(target.file, "holdfast-esp")).size > 0U);
}
