#include "boot/partition.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"
#include "boot/utf16.hpp"
#include "boot/variable.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::boot;
namespace fs = std::filesystem;

namespace {

// A disk vda with two partitions, the first of which is mounted at /efi.
struct Box {
    Scratch scratch = Scratch::make("partition").value();
    const fs::path& root = scratch.path();
    Box() {
        file("sys/devices/virtio/block/vda/queue/logical_block_size", "512\n");
        file("sys/devices/virtio/block/vda/vda1/partition", "1\n");
        file("sys/devices/virtio/block/vda/vda1/start", "2048\n");
        file("sys/devices/virtio/block/vda/vda1/size", "1048576\n");
        link("sys/dev/block/254:1", "../../devices/virtio/block/vda/vda1");
        link("sys/dev/block/254:0", "../../devices/virtio/block/vda");
        file("proc/self/mountinfo",
             "25 1 254:2 / / rw,relatime shared:1 - ext4 /dev/vda2 rw\n"
             "30 25 0:40 / /efi rw shared:2 - autofs systemd-1 rw\n"
             "31 30 254:1 / /efi rw,nosuid shared:3 - vfat /dev/vda1 rw\n"
             "32 31 254:3 / /efi/sub rw - ext4 /dev/vda3 rw\n");
        fs::create_directories(variables_folder(root));
        loader("D56615A6-227E-4D5E-AB31-F9B974C962ED");
    }
    void file(const fs::path& name, const std::string& bytes) const {
        fs::create_directories((root / name).parent_path());
        BOOST_REQUIRE(write_whole(root / name, bytes));
    }
    void link(const fs::path& name, const fs::path& target) const {
        fs::create_directories((root / name).parent_path());
        fs::create_symlink(target, root / name);
    }
    void loader(const std::string& uuid) const {
        BOOST_REQUIRE(write_variable(root, "LoaderDevicePartUUID", vendor::loader, to_utf16(uuid)));
    }
    Code refused() const { return esp_partition(root).error().code; }
};

const Partition wanted{"d56615a6-227e-4d5e-ab31-f9b974c962ed", 1, 2048, 1048576};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_boot_loader_tells_the_uuid_and_sysfs_the_rest, Box) {
    BOOST_TEST((esp_partition(root).value() == wanted));
    link("dev/disk/by-partuuid/d56615a6-227e-4d5e-ab31-f9b974c962ed", "../../vda1");
    BOOST_TEST((esp_partition(root).value() == wanted));
}

BOOST_FIXTURE_TEST_CASE(without_the_boot_loader_udev_tells_it, Box) {
    BOOST_REQUIRE(remove_variable(root, "LoaderDevicePartUUID", vendor::loader));
    BOOST_TEST((refused() == Code::NotFound));
    link("dev/disk/by-partuuid/00000000-227e-4d5e-ab31-f9b974c962ed", "../../vda2");
    link("dev/disk/by-partuuid/d56615a6-227e-4d5e-ab31-f9b974c962ed", "../../vda1");
    BOOST_TEST((esp_partition(root).value() == wanted));
}

BOOST_FIXTURE_TEST_CASE(firmware_counts_in_the_blocks_of_the_disk, Box) {
    file("sys/devices/virtio/block/vda/queue/logical_block_size", "4096\n");
    const auto partition = esp_partition(root).value();
    BOOST_TEST(partition.start == 256U);
    BOOST_TEST(partition.size == 131072U);
    file("sys/devices/virtio/block/vda/vda1/size", "1048577\n");
    BOOST_TEST((refused() == Code::Corrupt));
    file("sys/devices/virtio/block/vda/queue/logical_block_size", "0\n");
    BOOST_TEST((refused() == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_box_started_from_elsewhere_keeps_its_hands_off, Box) {
    link("dev/disk/by-partuuid/d56615a6-227e-4d5e-ab31-f9b974c962ed", "../../sda1");
    BOOST_TEST((refused() == Code::Denied));
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_is_named, Box) {
    loader("nonsense");
    BOOST_TEST((refused() == Code::Corrupt));
    file("proc/self/mountinfo", "31 30 254:0 / /efi rw - vfat /dev/vda rw\n");
    BOOST_TEST(esp_partition(root).error().what == "what is mounted at /efi (254:0) is no partition");
    file("proc/self/mountinfo", "31 30 254:1 / /boot rw - vfat /dev/vda rw\n");
    BOOST_TEST(esp_partition(root).error().what == "nothing is mounted at /efi");
}
