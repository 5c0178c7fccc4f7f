// The installer dies at each of its steps; the disk must then be empty or known as unfinished, and a second
// installation must end well. The disk is an image with real partitions and file systems; what would be mounted from
// it are two folders, since not every kernel that builds Holdfast can mount FAT. Mounting is seen in vm.install.*.
#include "base/in_child.hpp"
#include "install/choose.hpp"
#include "install/target.hpp"
#include "places.hpp"
#include "real_repo.hpp"

using namespace holdfast;
using namespace holdfast::test;
using namespace holdfast::install;

namespace {

struct Silent final : Report {
    void step(std::string_view) override {}
    void advance(std::uint64_t, std::uint64_t) override {}
};

// A disk in a file: systemd-repart, sfdisk and libblkid treat it like any disk, and it needs nothing of the kernel.
class ImageDisk {
public:
    explicit ImageDisk(const fs::path& image) : image_(image) { need({"truncate", "-s", "6G", image.string()}); }
    const fs::path& node() const { return image_; }
    Disk look() const {
        Disk disk{.name = "disk", .node = image_, .size = fs::file_size(image_)};
        good(look_inside(disk, {}));
        return disk;
    }
    void overwrite(std::uint64_t at, const std::string& bytes) const {
        const Fd fd(::open(image_.c_str(), O_WRONLY | O_CLOEXEC));
        BOOST_REQUIRE(::pwrite(fd.number(), bytes.data(), bytes.size(), static_cast<off_t>(at)) ==
                      static_cast<ssize_t>(bytes.size()));
    }

private:
    fs::path image_;
};

struct World {
    Scratch scratch;
    RealKey key{scratch / "key"};
    RealRepo repo{scratch / "repo", key};
    std::string commit = committed();
    ImageDisk disk{scratch / "disk.raw"};
    const identity::Invitation invitation{.url = "https://hub.clinic.example:8443",
                                          .fingerprint = "3f9a1c42e0b75d18",
                                          .ticket = "K7QF-2M4X-9TTN-0WXZ",
                                          .site = {},
                                          .name = {}};

    std::string committed() {
        make_tree(scratch / "tree", "1");
        return repo.commit(scratch / "tree");
    }
    Job job() const {
        return {.disk = disk.node(),
                .definitions = source_folder() / "overlays/base/usr/lib/holdfast/repart.d",
                .repo = repo.path(),
                .keyring = key.keyring(),
                .commit = commit,
                .hostname = "bay-7",
                .authorized_keys = {},
                .work = scratch / "work",
                .invitation = invitation};
    }
    // The exit status of an installation that dies where `point` is reached for the `times`-th time.
    int install_dying_at(const std::string& point, unsigned times = 1) const {
        return in_child([&] {
            if (!point.empty()) arm_crash_point(point, times);
            const auto done = install();
            if (!done) std::fprintf(stderr, "%s\n", done.error().what.c_str());
            return done ? 0 : 1;
        });
    }
    // As install_on does it; fresh file systems are empty folders.
    Result<> install() const {
        Silent silent;
        TRY(partition(job()));
        for (const auto* name : {"esp", "sysroot"}) {
            (void)run({"chattr", "-R", "-f", "-i", (scratch / name).string()});
            TRY(remove_tree(scratch / name));
            TRY(make_directories(scratch / name));
        }
        TRY(fill(job(), scratch / "esp", scratch / "sysroot", silent));
        return name_finally(job());
    }
    bool can_start_again() const { return choose({disk.look()}, {}, 5UL << 30U).disk.has_value(); }
    std::string label() const { return need({"sfdisk", "--part-label", disk.node().string(), "1"}); }
};

// With other programs' eyes, not with ours.
void check_installed(const World& w) {
    BOOST_TEST(w.label() == "holdfast-esp\n");
    need({"ostree", "fsck", "--repo=" + (w.scratch / "sysroot/ostree/repo").string()});
    BOOST_TEST(good(read_whole(w.scratch / "sysroot/ostree/root.a/etc/hostname")) == "bay-7\n");
    const auto invited = w.scratch / "sysroot/ostree/root.a" / identity::invitation_file;
    BOOST_TEST((fs::status(invited).permissions() == fs::perms(0600)));
    BOOST_TEST((*good(identity::load_invitation(w.scratch / "sysroot/ostree/root.a")) == w.invitation));
    BOOST_TEST(good(read_whole(w.scratch / "esp/EFI/Linux/holdfast-1-a+3.efi")) == "uki 1");
    BOOST_TEST(good(read_whole(w.scratch / "esp/EFI/BOOT/BOOTX64.EFI")) == "loader");
}

struct Place {
    const char* point;
    unsigned times;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_cut_at_each_step_leaves_a_disk_to_start_again_on, World) {
    BOOST_REQUIRE(can_start_again());
    const Place places[] = {{"install.partitioned", 1}, {"install.initialised", 1},
                            {"pull.copied", 1},         {"install.pulled", 1},
                            {"deploy.checked-out", 1},  {"deploy.listed", 1},
                            {"deploy.pointed", 1},      {"install.deployed", 1},
                            {"esp.written", 1},         {"esp.renamed", 1},
                            {"esp.written", 2},         {"install.slot-written", 1},
                            {"esp.renamed", 3},         {"install.loader-written", 1},
                            {"install.identified", 1}};
    for (const auto& [point, times] : places) {
        BOOST_TEST_CONTEXT(point << " " << times) {
            BOOST_TEST(install_dying_at(point, times) == crashed);
            BOOST_TEST(can_start_again());
            BOOST_TEST(disk.look().unfinished);
        }
    }
    BOOST_TEST(install_dying_at("") == 0);
    check_installed(*this);
}

BOOST_FIXTURE_TEST_CASE(a_finished_disk_is_data, World) {
    BOOST_TEST(install_dying_at("") == 0);
    check_installed(*this);
    const Disk seen = disk.look();
    BOOST_TEST(!seen.unfinished);
    BOOST_TEST(seen.installed_from == commit.substr(0, 32));
    BOOST_TEST(!can_start_again());
    BOOST_TEST(would_lose(seen) != "");
    // After the last step there is nothing left to lose.
    BOOST_TEST(install_dying_at("install.named") == crashed);
    check_installed(*this);
}

// libfdisk writes the spare table, then the first, then the protective MBR; each cut in between is unfinished.
BOOST_FIXTURE_TEST_CASE(half_a_partition_table_is_unfinished, World) {
    BOOST_REQUIRE(install_dying_at("install.partitioned") == crashed);
    disk.overwrite(0, std::string(512, '\0'));
    BOOST_TEST(disk.look().unfinished);
    disk.overwrite(512, std::string(512, '\0'));
    BOOST_TEST(disk.look().unfinished);
    disk.overwrite(0, std::string(mebibyte, '\0'));
    BOOST_TEST(disk.look().unfinished);
    BOOST_TEST(can_start_again());
}

BOOST_FIXTURE_TEST_CASE(what_other_disks_hold_is_named, World) {
    BOOST_TEST(would_lose(disk.look()) == "");
    need({"mkfs.ext4", "-q", "-L", "patients", disk.node().string()});
    BOOST_TEST(would_lose(disk.look()).contains("ext4 'patients' on disk.raw"), would_lose(disk.look()));
    need({"wipefs", "--all", disk.node().string()});
    disk.overwrite(4096, "a database of its own kind");
    BOOST_TEST(would_lose(disk.look()) == "bytes of an unknown kind");
}

// fdisk leaves GPT's entries where they are when it makes another table; the label in them is no licence to erase.
BOOST_FIXTURE_TEST_CASE(a_disk_that_was_put_to_other_use_after_a_cut_is_data, World) {
    BOOST_REQUIRE(install_dying_at("install.partitioned") == crashed);
    need({"sfdisk", "--quiet", disk.node().string()}, {.input = "label: dos\n,1G\n"});
    BOOST_TEST(!disk.look().unfinished);
    BOOST_TEST(!can_start_again());
    BOOST_REQUIRE(install_dying_at("install.partitioned") == crashed);
    need({"mkfs.vfat", "-F", "32", "-I", disk.node().string()});
    BOOST_TEST(!disk.look().unfinished);
    BOOST_TEST(!can_start_again());
}
