#include "inventory/devices.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/good.hpp"
#include "base/scratch.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::inventory;
using test::good;
namespace fs = std::filesystem;

namespace {

// As the kernel lays it out on a small computer: what was recorded of one, with its numbers changed.
struct Sys {
    Scratch scratch = good(Scratch::make("sys"));
    void put(const std::string& file, const std::string& text) const {
        good(make_directories((scratch.path() / file).parent_path()));
        good(write_whole(scratch.path() / file, text));
    }
    void link(const std::string& file, const std::string& to) const {
        good(make_directories((scratch.path() / file).parent_path()));
        fs::create_symlink(to, scratch.path() / file);
    }
    std::vector<Device> seen() const { return devices(scratch.path()); }

    Sys() {
        put("devices/pnp0/00:05/description", "TPM 2.0 Device\n");
        put("devices/pnp0/00:05/tpm/tpm0/tpm_version_major", "2\n");
        link("devices/pnp0/00:05/tpm/tpm0/device", "../..");
        link("devices/pnp0/00:05/driver", "../../../bus/pnp/drivers/tpm_tis");
        link("class/tpm/tpm0", "../../devices/pnp0/00:05/tpm/tpm0");
        put("devices/pci0000:00/0000:00:1f.6/net/enp0s31f6/address", "52:54:00:12:34:56\n");
        put("devices/pci0000:00/0000:00:1f.6/net/enp0s31f6/addr_assign_type", "0\n");
        link("devices/pci0000:00/0000:00:1f.6/net/enp0s31f6/device", "../..");
        link("devices/pci0000:00/0000:00:1f.6/driver", "../../../bus/pci/drivers/e1000e");
        link("class/net/enp0s31f6", "../../devices/pci0000:00/0000:00:1f.6/net/enp0s31f6");
        put("devices/virtual/net/lo/address", "00:00:00:00:00:00\n");
        link("class/net/lo", "../../devices/virtual/net/lo");
        put("devices/pci0000:00/0000:01:00.0/nvme/nvme0/model", "A Disk 500G             \n");
        put("devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/wwid", "eui.0025385b71b0c9a1\n");
        put("devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/size", "976773168\n");
        put("devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/removable", "0\n");
        put("devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/queue/rotational", "0\n");
        link("devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1/device", "..");
        link("block/nvme0n1", "../devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1");
        put("devices/virtual/block/loop0/size", "0\n");
        link("block/loop0", "../devices/virtual/block/loop0");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_belongs_to_the_computer_is_seen, Sys) {
    const auto all = seen();
    BOOST_REQUIRE(all.size() == 3U);
    const Device disk{"disk-" + sha256_hex("eui.0025385b71b0c9a1").substr(0, 10),
                      "disk",
                      {{"block-device", "nvme0n1"},
                       {"model", "A Disk 500G"},
                       {"number", "eui.0025385b71b0c9a1"},
                       {"rotational", "no"},
                       {"size-bytes", "500107862016"}}};
    BOOST_TEST((all[0] == disk));
    const Device net{"net-525400123456",
                     "network",
                     {{"interface", "enp0s31f6"}, {"address", "52:54:00:12:34:56"}, {"driver", "e1000e"}}};
    BOOST_TEST((all[1] == net));
    const Device tpm{"tpm0", "tpm", {{"version", "2"}, {"description", "TPM 2.0 Device"}, {"driver", "tpm_tis"}}};
    BOOST_TEST((all[2] == tpm));
}

BOOST_FIXTURE_TEST_CASE(names_stay_where_the_kernel_calls_it_otherwise, Sys) {
    const auto before = seen();
    fs::remove(scratch.path() / "block/nvme0n1");
    link("block/nvme1n1", "../devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1");
    fs::remove(scratch.path() / "class/net/enp0s31f6");
    link("class/net/eth0", "../../devices/pci0000:00/0000:00:1f.6/net/enp0s31f6");
    const auto after = seen();
    BOOST_REQUIRE(after.size() == 3U);
    for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(after[i].name == before[i].name);
    BOOST_TEST(after[1].facts.at("interface") == "eth0");
}

BOOST_FIXTURE_TEST_CASE(an_address_that_was_drawn_and_a_stick_name_nothing, Sys) {
    put("devices/pci0000:00/0000:00:1f.6/net/enp0s31f6/addr_assign_type", "1\n");
    put("devices/usb1/host6/block/sda/removable", "1\n");
    put("devices/usb1/host6/block/sda/size", "100\n");
    link("devices/usb1/host6/block/sda/device", "../..");
    link("block/sda", "../devices/usb1/host6/block/sda");
    const auto all = seen();
    BOOST_REQUIRE(all.size() == 3U);
    BOOST_TEST(all[1].name == "net-enp0s31f6");
    BOOST_TEST(!all[1].facts.contains("address"));
}

BOOST_FIXTURE_TEST_CASE(what_tells_nothing_is_named_as_the_kernel_does_and_only_once, Sys) {
    put("devices/platform/mmc0/block/mmcblk0/size", "8\n");
    link("devices/platform/mmc0/block/mmcblk0/device", "../..");
    link("block/mmcblk0", "../devices/platform/mmc0/block/mmcblk0");
    link("block/nvme9n1", "../devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1");
    const auto all = seen();
    BOOST_REQUIRE(all.size() == 4U);
    BOOST_TEST(std::ranges::count(all, "disk", &Device::kind) == 2);
    BOOST_TEST(std::ranges::contains(all, "disk-mmcblk0", &Device::name));
}

BOOST_AUTO_TEST_CASE(a_computer_without_anything_and_this_one) {
    BOOST_TEST(devices("/nowhere").empty());
    const auto here = devices("/sys");
    BOOST_TEST((here == devices("/sys")));
    for (const auto& each : here) {
        BOOST_TEST_MESSAGE(each.name << " " << each.kind);
        BOOST_TEST(each.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos);
        BOOST_TEST(each.facts.size() > 0U);
    }
}
