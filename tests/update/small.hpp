// Disks that are too small. Needs the right to mount, which the build root has.
#pragma once

#include "../installer/real_repo.hpp"

#include <algorithm>
#include <sys/mount.h>
#include <sys/statvfs.h>

namespace holdfast::test {

// A real file system of that size over a folder of the box, with what the folder held.
class Small {
public:
    Small(const fs::path& folder, const std::string& size) : folder_(folder) {
        const fs::path aside = folder.string() + ".aside";
        fs::create_directories(folder);
        need({"cp", "-a", folder.string(), aside.string()});
        BOOST_REQUIRE_EQUAL(::mount("none", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()), 0);
        need({"cp", "-a", aside.string() + "/.", folder.string()});
    }
    Small(const Small&) = delete;
    Small& operator=(const Small&) = delete;
    ~Small() { ::umount2(folder_.c_str(), MNT_DETACH); }

    void resize(const std::string& size) const {
        BOOST_REQUIRE_EQUAL(::mount("none", folder_.c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str()), 0);
    }
    // Leaves so many bytes.
    void fill_up(std::uint64_t but) const {
        struct statvfs found{};
        ::statvfs(folder_.c_str(), &found);
        const std::uint64_t free = found.f_bavail * found.f_frsize;
        need({"fallocate", "-l", std::to_string(free - std::min(free - 4096, but)), (folder_ / "filler").string()});
    }
    void free_again() const { fs::remove(folder_ / "filler"); }

private:
    fs::path folder_;
};

}  // namespace holdfast::test
