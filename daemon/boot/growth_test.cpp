#include "boot/growth.hpp"

#include "base/file.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

namespace fs = std::filesystem;
using namespace holdfast;
using namespace holdfast::boot;

namespace {

constexpr std::uint64_t mib = 1UL << 20U;

// /sys as Linux shows one disk: class/block is links into devices.
struct Sys {
    fs::path root;
    Sys() {
        std::string name = (fs::temp_directory_path() / "sys-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()));
        root = name;
        fs::create_directories(root / "class/block");
    }
    Sys(const Sys&) = delete;
    Sys& operator=(const Sys&) = delete;
    ~Sys() { fs::remove_all(root); }

    void write(const fs::path& file, const std::string& text) const { BOOST_REQUIRE(write_whole(file, text)); }
    void disk(std::uint64_t size) const {
        fs::create_directories(root / "devices/pci/block/vda/queue");
        write(root / "devices/pci/block/vda/size", std::to_string(size / 512) + "\n");
        fs::create_symlink(root / "devices/pci/block/vda", root / "class/block/vda");
    }
    void partition(int number, std::uint64_t start, std::uint64_t size) const {
        const std::string name = "vda" + std::to_string(number);
        const fs::path folder = root / "devices/pci/block/vda" / name;
        fs::create_directories(folder);
        write(folder / "partition", std::to_string(number) + "\n");
        write(folder / "start", std::to_string(start / 512) + "\n");
        write(folder / "size", std::to_string(size / 512) + "\n");
        fs::create_symlink(folder, root / "class/block" / name);
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(the_last_partition_may_have_all_but_the_spare_table, Sys) {
    disk(1000 * mib);
    partition(1, mib, 99 * mib);
    partition(2, 100 * mib, 400 * mib);
    const auto growth = growth_of("vda2", root);
    BOOST_REQUIRE(growth.has_value());
    BOOST_TEST(growth->disk == "/dev/vda");
    BOOST_TEST(growth->free == 499 * mib);
    BOOST_TEST(growth_of("vda1", root)->free == 0);
}

BOOST_FIXTURE_TEST_CASE(a_partition_that_ends_with_its_disk_gains_nothing, Sys) {
    disk(1000 * mib);
    partition(1, mib, 999 * mib - 17UL * 1024);
    BOOST_TEST(growth_of("vda1", root)->free == 0);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_partition_is_refused, Sys) {
    disk(1000 * mib);
    BOOST_TEST((growth_of("vda", root).error().code == Code::NotFound));
    BOOST_TEST((growth_of("sda1", root).error().code == Code::NotFound));
    partition(1, mib, mib);
    write(root / "class/block/vda1/size", "many\n");
    BOOST_TEST((growth_of("vda1", root).error().code == Code::Corrupt));
}
