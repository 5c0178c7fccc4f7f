// Disks that an unattended installation must not take, and that are afterwards what they were before.
#include "install_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

constexpr auto off = "after: poweroff\non-refusal: poweroff\n";

// Blocks of 512 bytes that the file takes on the host: none as long as nobody wrote.
std::uintmax_t blocks(const Disk& disk) {
    return std::stoull(must(run_or_fail({"stat", "--format=%b", disk.file.string()})));
}

void expect_refusal(const Ended& ended) {
    BOOST_TEST((ended.how == Ended::How::Refused), ended.words);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_disk_that_holds_a_file_system_is_left_alone) {
    const InstallLab install;
    const auto full = install.empty("FULL");
    must(run_or_fail({"mkfs.ext4", "-q", "-L", "patients", full.file.string()}));
    must(copy_disk(full.file, install.path("before.raw")));
    // By min-size, not by name: the only disk, but nobody agreed to lose what is on it.
    const auto medium = install.medium(std::string("disk:\n  min-size: 5G\n") + off, Disk::Bus::Optical);
    expect_refusal(install.run({medium, full}));
    // Ends with 1, and so fails here, where they differ.
    must(run_or_fail({"qemu-img", "compare", "-q", "-f", "raw", "-F", "raw", install.path("before.raw").string(),
                      full.file.string()}));
}

BOOST_AUTO_TEST_CASE(two_disks_that_match_are_one_too_many) {
    const InstallLab install;
    const auto first = install.empty("FIRST"), second = install.empty("SECOND");
    const auto medium = install.medium(std::string("disk:\n  min-size: 5G\n") + off, Disk::Bus::UsbStick);
    expect_refusal(install.run({medium, first, second}));
    BOOST_TEST(blocks(first) == 0);
    BOOST_TEST(blocks(second) == 0);
}

BOOST_AUTO_TEST_CASE(no_disk_that_matches_is_none) {
    const InstallLab install;
    const auto other = install.empty("OTHER");
    const auto medium = install.medium(answers_for("WANTED"), Disk::Bus::UsbStick);
    const auto ended = install.run({medium, other});
    expect_refusal(ended);
    BOOST_TEST(blocks(other) == 0);
}
