// The image as it is, on a computer as it comes: it boots to green, is blessed, and is what design.md says it is.
#include "base/json.hpp"
#include "base/text.hpp"
#include "lab.hpp"

using namespace holdfast;
using namespace holdfast::vm;

namespace {

constexpr std::uintmax_t more = 4ULL << 30;

// Started once for all cases of this program; each looks at another side of it.
struct Booted {
    Lab lab;
    // On a disk that is larger than the image.
    std::uintmax_t size = std::filesystem::file_size(Lab::there(lab.image.raw())) + more;
    std::unique_ptr<Machine> machine = must(Machine::power_on(lab.hardware(lab.overlay(size))));
    Machine::Judged judged = must(machine->wait_for_verdict(for_a_boot()));
    Agent agent = must(machine->agent(for_a_command()));

    std::string shell(const std::string& script) {
        return std::string(trim(must(agent.shell(script, for_a_command()))));
    }
    static Booted& box() {
        static Booted booted;
        return booted;
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_first_verdict_is_green) {
    const auto& verdict = Booted::box().judged.verdict;
    BOOST_TEST(verdict.colour == "green");
    BOOST_TEST(verdict.slot == "a");
    BOOST_REQUIRE(verdict.tries_left.has_value());
    BOOST_TEST(*verdict.tries_left == 2);
    BOOST_TEST(verdict.healthy == verdict.checks);
    BOOST_TEST(verdict.checks >= 1);
}

BOOST_AUTO_TEST_CASE(a_green_slot_is_blessed) {
    auto& box = Booted::box();
    // Returns at once where it is active already; a oneshot unit's start waits for its end.
    box.shell("systemctl start systemd-bless-boot.service");
    BOOST_TEST(box.shell("ls /efi/EFI/Linux | grep 'efi$'") == "holdfast-1-a.efi");
}

BOOST_AUTO_TEST_CASE(the_box_says_the_same) {
    auto& box = Booted::box();
    const auto status = must(json::parse(box.shell("holdfast status --json 2>/dev/null"), 1 << 20));
    BOOST_TEST(status.dump().contains("\"green\""));
    BOOST_TEST(status.value("slot", "") == "a");
    BOOST_TEST(status.value("version", "") == box.judged.verdict.version);
}

BOOST_AUTO_TEST_CASE(only_var_and_etc_take_writes) {
    auto& box = Booted::box();
    BOOST_TEST(box.shell("touch /usr/x 2>/dev/null && echo written || echo refused") == "refused");
    BOOST_TEST(box.shell("touch /x 2>/dev/null && echo written || echo refused") == "refused");
    BOOST_TEST(box.shell("touch /var/x /etc/x && rm /var/x /etc/x && echo written") == "written");
    BOOST_TEST(box.shell("findmnt -n -o TARGET --mountpoint /var") == "/var");
}

BOOST_AUTO_TEST_CASE(var_has_grown_to_the_end_of_the_disk) {
    auto& box = Booted::box();
    const auto shipped = must(partition(box.lab.image.raw(), "holdfast-var"));
    const auto found = std::stoull(box.shell("lsblk -n -b -o SIZE /dev/disk/holdfast/var"));
    BOOST_TEST(found >= shipped.size + more - (2U << 20));
    BOOST_TEST(std::stoull(box.shell("findmnt -n -b -o SIZE --mountpoint /var")) > found / 10 * 9);
    // The other partitions stayed, and a later start finds nothing to do.
    const auto system = must(partition(box.lab.image.raw(), "holdfast-system"));
    BOOST_TEST(std::stoull(box.shell(
                   "lsblk -n -b -o SIZE $(findmnt -n -o SOURCE --mountpoint /sysroot | cut -d[ -f1)")) == system.size);
    BOOST_TEST(box.shell("/usr/libexec/holdfast/holdfast-grow-var") == "");
}

BOOST_AUTO_TEST_CASE(programs_on_the_box_can_ask_how_it_does_and_what_its_catalog_has) {
    auto& box = Booted::box();
    const auto get = [&](const std::string& port, const std::string& path) {
        return box.shell("bash -c 'exec 3<>/dev/tcp/127.0.0.1/" + port + "; printf \"GET " + path +
                         " HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n\" >&3; cat <&3'");
    };
    BOOST_TEST(box.shell("systemctl start holdfast-telemetry.service holdfast-catalog.service && echo both") == "both");
    BOOST_TEST(get("9797", "/metrics").contains("holdfast_"));
    const auto entities = get("7007", "/api/catalog/entities");
    BOOST_TEST(entities.contains("200 OK"), entities);
    BOOST_TEST(entities.ends_with("[]"), entities);
    // Nobody has admitted it, and nobody wants lines of it: that is no failure.
    BOOST_TEST(box.shell("systemctl start holdfast-sync.service holdfast-nats.service; systemctl is-failed "
                         "holdfast-sync.service holdfast-nats.service || true") == "inactive\ninactive");
}

BOOST_AUTO_TEST_CASE(nothing_failed_and_nobody_has_a_password) {
    auto& box = Booted::box();
    BOOST_TEST(box.shell("systemctl list-units --state=failed --no-legend --plain") == "");
    BOOST_TEST(box.shell("awk -F: '$2 ~ /^\\$/ { print $1 }' /etc/shadow") == "");
}

BOOST_AUTO_TEST_CASE(zz_the_power_button_turns_it_off_in_order) {
    auto& box = Booted::box();
    must(box.machine->power_off(Deadline::in(std::chrono::minutes(2))));
    BOOST_TEST(!box.machine->running());
}
