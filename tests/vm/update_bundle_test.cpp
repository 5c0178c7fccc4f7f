// One bundle, cut into parts for a FAT stick: refused while a part is missing, taken when all are there.
#include "update_lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_bundle_in_parts_on_a_fat_stick) {
    UpdateLab lab;
    std::string noise(12UL << 20U, '\0');
    std::uint64_t state = 88172645463325252ULL;
    for (auto& byte : noise) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        byte = static_cast<char>(state);
    }
    const auto folder = must(lab.releases.make(UpdateLab::better("0.2.0", 10, {{"usr/share/noise", noise}})));
    const auto stick = lab.scratch.path() / "stick";
    must(lab.releases.bundle(folder, stick / "os.bundle", 5UL << 20U));
    BOOST_TEST(std::filesystem::exists(stick / "os.bundle.002"));
    std::filesystem::create_directories(stick / "kept");
    auto hardware = lab.hardware(lab.overlay());
    hardware.disks.push_back(lab.stick(stick, UpdateLab::Format::Fat));
    auto box = UpdateLab::start(hardware);
    box.shell("mkdir -p /var/copy && mount -o ro /dev/sda /mnt && cp /mnt/os.bundle.00[01] /var/copy && umount /mnt");
    BOOST_TEST(box.refusal("update download /var/copy").contains("a part behind it is missing"));
    BOOST_TEST(box.holdfast("update download /dev/sda").contains("0.2.0 is downloaded"));
    box.restart_by("update apply");
    box.expect_green("b", "0.2.0");
    box.wait_until_good("0.2.0");
    const auto attempt = box.json("update history --json").at("attempts").back();
    BOOST_TEST(attempt.at("state") == "good");
    BOOST_TEST(box.shell("stat -c %s /usr/share/noise") == std::to_string(noise.size()));
    box.machine->cut_power();
}
