// The board advantech-poc-8 with its NVIDIA option, as far as a computer without either can show it: the watchdog is
// armed, the microcode is in front, and with Secure Boot enforced the kernel takes the modules that the build has
// signed and no others.
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

const Wanted board{"HOLDFAST_ADVANTECH_IMAGE_DIR", "advantech-poc-8.nvidia-mxm-dev-podman",
                   "./dev image --hardware advantech-poc-8 --option nvidia-mxm"};

constexpr auto modules = "/usr/lib/modules/$(uname -r)/updates/dkms/";

struct Booted {
    Lab lab{board};
    std::unique_ptr<Machine> machine = start();
    Machine::Judged judged = must(machine->wait_for_verdict(for_a_boot()));
    Agent agent = must(machine->agent(for_a_command()));

    // The first start enrols the keys and restarts.
    std::unique_ptr<Machine> start() {
        // The board has SATA and NVMe, and its initrd nothing that only virtual machines have.
        auto disk = lab.overlay();
        disk.bus = Disk::Bus::Nvme;
        auto hardware = lab.hardware(disk);
        hardware.secure_boot = true;
        auto started = must(Machine::power_on(hardware));
        must(started->wait_for_event("RESET", for_a_boot()));
        return started;
    }
    std::string shell(const std::string& script) {
        return std::string(trim(must(agent.shell(script, for_a_command()))));
    }
    static Booted& box() {
        static Booted booted;
        return booted;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_green_under_secure_boot_and_says_what_it_is) {
    auto& box = Booted::box();
    BOOST_TEST(box.judged.verdict.colour == "green");
    BOOST_TEST(box.judged.verdict.board == "advantech-poc-8");
    const auto status = must(json::parse(box.shell("holdfast status --json 2>/dev/null"), 1 << 20));
    BOOST_TEST(status.value("options", Json()).dump() == R"(["nvidia-mxm"])");
    BOOST_TEST(status.value("secure_boot", "") == "enabled");
    BOOST_TEST(box.shell("cat /sys/kernel/security/lockdown").contains("[integrity]"));
    BOOST_TEST(box.shell("systemctl list-units --state=failed --no-legend --plain") == "");
}

BOOST_AUTO_TEST_CASE(systemd_feeds_the_watchdog_of_the_chipset) {
    auto& box = Booted::box();
    BOOST_TEST(box.shell("cat /sys/class/watchdog/watchdog0/identity") == "iTCO_wdt");
    BOOST_TEST(box.shell("cat /sys/class/watchdog/watchdog0/state") == "active");
    BOOST_TEST(box.shell("cat /sys/class/watchdog/watchdog0/nowayout") == "1");
    BOOST_TEST(box.shell("systemctl show --property RuntimeWatchdogUSec --value") == "30s");
    BOOST_TEST(box.shell("cat /sys/class/watchdog/watchdog0/timeout") == "30");
}

BOOST_AUTO_TEST_CASE(the_microcode_is_in_front_of_the_initrd) {
    auto& box = Booted::box();
    const auto uki = box.lab.scratch.path() / "uki.efi", microcode = box.lab.scratch.path() / "microcode.cpio";
    const std::string repository = "--repo=" + (box.lab.image.folder / "repo").string();
    const std::string reference(trim(must(run_or_fail({"ostree", "refs", repository}))));
    must(write_whole(uki,
                     must(run_or_fail({"ostree", "cat", repository, reference, "/usr/lib/holdfast/boot/holdfast.efi"},
                                      {.output_limit = 512UL * 1024 * 1024}))));
    // systemd-stub(7) hands .ucode to the kernel before every other initrd.
    must(run_or_fail({"objcopy", "--dump-section", ".ucode=" + microcode.string(), uki.string()}));
    const std::string archive = must(read_whole(microcode, 256 * mebibyte));
    BOOST_TEST(archive.starts_with("070701"));
    BOOST_TEST(archive.contains("kernel/x86/microcode/GenuineIntel.bin"));
    BOOST_TEST(archive.size() > mebibyte);
}

BOOST_AUTO_TEST_CASE(the_signed_modules_are_taken_and_miss_only_the_card) {
    auto& box = Booted::box();
    BOOST_TEST(box.shell("modinfo -F signer nvidia-current-open").contains("db"));
    const std::string said = box.shell("modprobe nvidia 2>&1 || true");
    BOOST_TEST(said.contains("No such device"), said);
    BOOST_TEST(box.shell("modprobe --show-depends nvidia-drm").contains("modeset=1"));
    BOOST_TEST(box.shell("cat /proc/cmdline").contains("nvidia-drm.modeset=1"));
    BOOST_TEST(box.shell("modprobe --showconfig | grep -x 'blacklist nouveau' | head -n 1") == "blacklist nouveau");
    BOOST_TEST(box.shell("ls /usr/lib/firmware/nvidia/*/gsp_*.bin | wc -l") != "0");
}

BOOST_AUTO_TEST_CASE(a_module_without_its_signature_is_refused) {
    auto& box = Booted::box();
    const auto copy = box.lab.scratch.path() / "copy.ko";
    const std::string file = box.shell(std::string("ls -S ") + modules + "*drm*.ko.zst | head -n 1");
    const std::string packed = must(box.agent.read_file(file, for_a_command(), 64 * mebibyte));
    must(write_whole(copy, must(run_or_fail({"zstd", "-q", "--decompress", "--stdout"}, {.input = packed}))));
    // It writes the sections anew, and the signature is in none of them.
    must(run_or_fail({"objcopy", "--strip-debug", copy.string()}));
    must(box.agent.write_file("/run/copy.ko", must(read_whole(copy, 64 * mebibyte)), for_a_command()));
    const std::string said = box.shell("insmod /run/copy.ko 2>&1 || true");
    BOOST_TEST((said.contains("Operation not permitted") || said.contains("Key was rejected by service")), said);
}

BOOST_AUTO_TEST_CASE(neither_compilers_nor_headers_came_along) {
    auto& box = Booted::box();
    BOOST_TEST(box.shell("ls -d /usr/bin/gcc* /usr/bin/make /usr/sbin/dkms /usr/src/* /etc/dkms 2>/dev/null || true") ==
               "");
    const std::string bom =
        must(read_whole(box.lab.image.folder / (box.lab.image.name + ".spdx.json"), 256 * mebibyte));
    BOOST_TEST(bom.contains("nvidia-open-kernel-dkms"));
    BOOST_TEST(!bom.contains("\"linux-headers"));
}
