// The installer dies at each of its steps, on a real disk (a loop device); the disk must then be empty or known as
// unfinished, and a second installation must end well. Each run is a child with a mount namespace of its own, so that
// its mounts go with it as they would when the power goes.
#include "base/crash_point.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "install/choose.hpp"
#include "install/mount.hpp"
#include "install/target.hpp"
#include "real_repo.hpp"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

using namespace holdfast;
using namespace holdfast::test;
using namespace holdfast::install;

namespace {

struct Silent final : Report {
    void step(std::string_view) override {}
    void advance(std::uint64_t, std::uint64_t) override {}
};

class LoopDisk {
public:
    explicit LoopDisk(const fs::path& image) : image_(image) {
        need({"truncate", "-s", "6G", image.string()});
        node_ = std::string(trim(need({"losetup", "--find", "--show", "--partscan", image.string()})));
    }
    ~LoopDisk() { (void)run({"losetup", "--detach", node_.string()}); }
    LoopDisk(const LoopDisk&) = delete;
    LoopDisk& operator=(const LoopDisk&) = delete;

    const fs::path& node() const { return node_; }
    fs::path part(int number) const { return node_.string() + "p" + std::to_string(number); }
    Disk look() const {
        Disk disk{.name = node_.filename(), .node = node_, .size = fs::file_size(image_)};
        std::vector<fs::path> partitions;
        for (const int number : {1, 2, 3})
            if (fs::exists(part(number))) partitions.push_back(part(number));
        good(look_inside(disk, partitions));
        return disk;
    }
    void overwrite(std::uint64_t at, const std::string& bytes) const {
        const Fd fd(::open(node_.c_str(), O_WRONLY | O_CLOEXEC));
        BOOST_REQUIRE(::pwrite(fd.number(), bytes.data(), bytes.size(), static_cast<off_t>(at)) ==
                      static_cast<ssize_t>(bytes.size()));
        BOOST_REQUIRE(::fsync(fd.number()) == 0);
    }

private:
    fs::path image_, node_;
};

struct World {
    Scratch scratch;
    RealKey key{scratch / "key"};
    RealRepo repo{scratch / "repo", key};
    std::string commit = committed();
    LoopDisk disk{scratch / "disk.raw"};

    std::string committed() {
        make_tree(scratch / "tree", "1");
        return repo.commit(scratch / "tree");
    }
    Job job() const {
        return {.disk = disk.node(),
                .definitions = fs::path(HOLDFAST_SOURCE) / "overlays/base/usr/lib/holdfast/repart.d",
                .repo = repo.path(),
                .keyring = key.keyring(),
                .commit = commit,
                .hostname = "bay-7",
                .work = scratch / "work"};
    }
    // The exit status of an installation that dies where `point` is reached for the `times`-th time.
    int install_dying_at(const std::string& point, unsigned times = 1) const {
        const pid_t child = ::fork();
        if (child == 0) ::_exit(in_child(point, times));
        int status = 0;
        ::waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    int in_child(const std::string& point, unsigned times) const {
        if (::unshare(CLONE_NEWNS) < 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) return 99;
        if (!point.empty()) arm_crash_point(point, times);
        Silent silent;
        const auto done = install_on(job(), silent);
        if (!done) std::fprintf(stderr, "%s\n", done.error().what.c_str());
        return done ? 0 : 1;
    }
    bool can_start_again() const { return choose({disk.look()}, {}, 5UL << 30U).disk.has_value(); }
    std::string label() const { return need({"sfdisk", "--part-label", disk.node().string(), "1"}); }
};

// With other programs' eyes, not with ours.
void check_installed(const World& w) {
    BOOST_TEST(w.label() == "holdfast-esp\n");
    need({"fsck.vfat", "-n", w.disk.part(1).string()});
    need({"fsck.ext4", "-f", "-n", w.disk.part(2).string()});
    Mount system = good(Mount::make(w.disk.part(2), w.scratch / "look", "ext4", Access::ReadOnly));
    need({"ostree", "fsck", "--repo=" + (system.at() / "ostree/repo").string()});
    BOOST_TEST(good(read_whole(system.at() / "ostree/root.a/etc/hostname")) == "bay-7\n");
    good(system.unmount());
    Mount esp = good(Mount::make(w.disk.part(1), w.scratch / "look", "vfat", Access::ReadOnly));
    BOOST_TEST(good(read_whole(esp.at() / "EFI/Linux/holdfast-a+3.efi")) == "uki 1");
    BOOST_TEST(good(read_whole(esp.at() / "EFI/BOOT/BOOTX64.EFI")) == "loader");
    good(esp.unmount());
}

struct Place {
    const char* point;
    unsigned times;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_cut_at_each_step_leaves_a_disk_to_start_again_on, World) {
    BOOST_REQUIRE(can_start_again());
    const Place places[] = {{"install.partitioned", 1}, {"install.initialised", 1}, {"pull.copied", 1},
                            {"install.pulled", 1},      {"deploy.checked-out", 1},  {"deploy.listed", 1},
                            {"deploy.pointed", 1},      {"install.deployed", 1},    {"esp.written", 1},
                            {"esp.renamed", 1},         {"esp.written", 2},         {"install.slot-written", 1},
                            {"esp.renamed", 3},         {"install.loader-written", 1}, {"install.unmounted", 1}};
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
    BOOST_TEST(!can_start_again());
    BOOST_TEST(would_lose(seen).contains("ext4"), would_lose(seen));
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
    BOOST_TEST(would_lose(disk.look()).contains("ext4 'patients' on loop"), would_lose(disk.look()));
    need({"wipefs", "--all", disk.node().string()});
    disk.overwrite(4096, "a database of its own kind");
    BOOST_TEST(would_lose(disk.look()) == "bytes of an unknown kind");
}
