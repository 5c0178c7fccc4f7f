#include "install/choose.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace holdfast::install;

constexpr std::uint64_t gib = 1024UL * 1024 * 1024;
constexpr std::uint64_t needed = 5 * gib;

Disk empty(const std::string& name, const std::string& serial = "") {
    return {.name = name, .node = "/dev/" + name, .size = 8 * gib, .serial = serial};
}

Disk full(const std::string& name, const std::string& serial = "") {
    Disk disk = empty(name, serial);
    disk.holds = {"ext4 'data' on " + name + "1"};
    return disk;
}

std::string chosen(const Choice& choice) {
    return choice.disk ? choice.disk->name : "none: " + choice.why;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_only_empty_disk_is_taken) {
    BOOST_TEST(chosen(choose({empty("vda")}, {}, needed)) == "vda");
}

struct Case {
    const char* word;  // of the reason
    void (*spoil)(Disk&);
};

BOOST_AUTO_TEST_CASE(every_hard_reason_refuses_even_a_named_and_consented_disk) {
    const Case cases[] = {
        {"is the medium", [](Disk& d) { d.medium = true; }},
        {"carries a Holdfast installation medium", [](Disk& d) { d.carries_medium = true; }},
        {"read-only", [](Disk& d) { d.read_only = true; }},
        {"in use", [](Disk& d) { d.in_use = true; }},
        {"5.0 GiB needed, 1.0 GiB found", [](Disk& d) { d.size = gib; }},
    };
    for (const auto& [word, spoil] : cases) {
        Disk disk = empty("vda", "S1");
        spoil(disk);
        const Choice choice = choose({disk}, {{.serial = "S1"}, true}, needed);
        BOOST_TEST(!choice.disk);
        BOOST_REQUIRE(choice.refused.size() == 1);
        BOOST_TEST(choice.refused[0].reason.contains(word), choice.refused[0].reason);
        BOOST_TEST(never(disk, needed).contains(word));
    }
}

BOOST_AUTO_TEST_CASE(a_removable_disk_must_be_pointed_at) {
    Disk disk = empty("sdb", "S1");
    disk.removable = true;
    disk.model = "STICK";
    disk.paths = {"pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0"};
    BOOST_TEST(never(disk, needed).contains("it is removable"));
    BOOST_TEST(!choose({disk}, {}, needed).disk);
    BOOST_TEST(!choose({disk}, {{.model = "STICK"}, true}, needed).disk);
    BOOST_TEST(!choose({disk}, {{.serial = "S2"}, true}, needed).disk);
    BOOST_TEST(chosen(choose({disk}, {{.serial = "S1"}}, needed)) == "sdb");
    BOOST_TEST(chosen(choose({disk}, {{.path = disk.paths.front()}}, needed)) == "sdb");
}

BOOST_AUTO_TEST_CASE(a_disk_with_data_needs_a_name_and_consent) {
    BOOST_TEST(!choose({full("vda", "S1")}, {}, needed).disk);
    BOOST_TEST(!choose({full("vda", "S1")}, {{.serial = "S1"}, false}, needed).disk);
    BOOST_TEST(!choose({full("vda", "S1")}, {{}, true}, needed).disk);
    BOOST_TEST(!choose({full("vda", "S1")}, {{.min_size = gib}, true}, needed).disk);
    BOOST_TEST(chosen(choose({full("vda", "S1")}, {{.serial = "S1"}, true}, needed)) == "vda");
    const Choice choice = choose({full("vda")}, {}, needed);
    BOOST_TEST(choice.refused[0].reason.contains("ext4 'data' on vda1"));
}

BOOST_AUTO_TEST_CASE(an_unfinished_installation_holds_nothing) {
    Disk disk = full("vda");
    disk.unfinished = true;
    BOOST_TEST(chosen(choose({disk}, {}, needed)) == "vda");
}

BOOST_AUTO_TEST_CASE(two_that_could_take_it_are_no_choice) {
    const Choice choice = choose({empty("vda"), empty("vdb")}, {}, needed);
    BOOST_TEST(!choice.disk);
    BOOST_TEST(choice.why.contains("vda and vdb"), choice.why);
    BOOST_TEST(chosen(choose({empty("vda"), full("vdb")}, {}, needed)) == "vda");
}

BOOST_AUTO_TEST_CASE(a_selector_that_matches_two_is_refused_although_one_is_empty) {
    const Choice choice = choose({empty("vda", "S"), full("vdb", "S")}, {{.serial = "S"}, false}, needed);
    BOOST_TEST(!choice.disk);
    BOOST_TEST(choice.why.contains("matches more than one disk: vda and vdb"), choice.why);
}

BOOST_AUTO_TEST_CASE(a_selector_that_matches_none_says_so_and_why_each_disk_is_out) {
    const Choice choice = choose({empty("vda", "S1"), empty("vdb")}, {{.serial = "S9"}, true}, needed);
    BOOST_TEST(choice.why == "install.yaml matches no disk");
    BOOST_REQUIRE(choice.refused.size() == 2);
    BOOST_TEST(choice.refused[0].reason == "its serial is 'S1', install.yaml wants 'S9'");
    BOOST_TEST(choice.refused[1].reason == "its serial is none, install.yaml wants 'S9'");
}

BOOST_AUTO_TEST_CASE(each_selector_finds_its_disk) {
    Disk wanted = empty("vdb", "S1");
    wanted.model = "FAST 1000";
    wanted.ids = {"virtio-S1"};
    wanted.paths = {"pci-0000:00:05.0"};
    wanted.size = 100 * gib;
    wanted.transport = "nvme";
    const Selector selectors[] = {{.serial = "S1"},
                                  {.model = "FAST 1000"},
                                  {.id = "virtio-S1"},
                                  {.id = "/dev/disk/by-id/virtio-S1"},
                                  {.path = "pci-0000:00:05.0"},
                                  {.path = "/dev/vdb"},
                                  {.transport = "nvme"},
                                  {.min_size = 50 * gib},
                                  {.min_size = 50 * gib, .max_size = 100 * gib},
                                  {.serial = "S1", .model = "FAST 1000", .min_size = 50 * gib}};
    for (const auto& selector : selectors)
        BOOST_TEST(chosen(choose({empty("vda"), wanted}, {selector, false}, needed)) == "vdb");
    BOOST_TEST(chosen(choose({empty("vda"), wanted}, {{.max_size = 50 * gib}, false}, needed)) == "vda");
}

BOOST_AUTO_TEST_CASE(names_as_udev_escapes_them) {
    BOOST_TEST(unescaped("QEMU\\x20HARDDISK\\x20\\x20") == "QEMU HARDDISK  ");
    for (const auto* text : {"", "plain", "\\", "\\x", "\\x2", "\\xzz", "a\\x2"}) BOOST_TEST(unescaped(text) == text);
}

// Paths as Linux has them.
BOOST_AUTO_TEST_CASE(how_a_disk_is_connected) {
    const std::pair<const char*, const char*> cases[] = {
        {"/sys/devices/pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0/nvme0n1", "nvme"},
        {"/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "nvme"},
        {"/sys/devices/pci0000:00/0000:00:17.0/ata2/host1/target1:0:0/1:0:0:0/block/sda", "sata"},
        {"/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb", "usb"},
        {"/sys/devices/pci0000:00/0000:00:1a.0/mmc_host/mmc0/mmc0:0001/block/mmcblk0", "mmc"},
        {"/sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda", "virtio"},
        {"/sys/devices/pci0000:00/0000:00:02.0/virtio1/host2/target2:0:0/2:0:0:0/block/sdc", "virtio"},
        {"/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/host0/target0:2:0/0:2:0:0/block/sda", "scsi"},
        {"/sys/devices/platform/none/block/x", ""},
    };
    for (const auto& [path, transport] : cases) BOOST_TEST(transport_of(path) == transport, path);
}

BOOST_AUTO_TEST_CASE(no_disk_at_all) {
    BOOST_TEST(choose({}, {}, needed).why == "no disk can take the system");
}

BOOST_AUTO_TEST_CASE(a_disk_is_not_installed_twice_from_one_medium_unless_asked) {
    Disk disk = full("vda", "S1");
    disk.installed_from = "aa";
    const Selector it{.serial = "S1"};
    const Choice again = choose({disk}, {it, true, false, "aa"}, needed);
    BOOST_TEST(!again.disk);
    BOOST_REQUIRE(again.refused.size() == 1);
    BOOST_TEST(again.refused[0].reason.contains("from this very medium"), again.refused[0].reason);
    BOOST_TEST(chosen(choose({disk}, {it, true, true, "aa"}, needed)) == "vda");
    BOOST_TEST(chosen(choose({disk}, {it, true, false, "bb"}, needed)) == "vda");
}
