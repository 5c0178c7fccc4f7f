#include "programs/writable.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

namespace holdfast {

Result<> make_writable(const std::filesystem::path& root) {
    if (root != "/") return {};
    if (::unshare(CLONE_NEWNS) < 0)
        return std::unexpected(system_error(errno, "/", "cannot make a mount namespace for"));
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) < 0)
        return std::unexpected(system_error(errno, "/", "cannot keep mounts apart below"));
    // ostree-prepare-root(1), sysroot.readonly: what programs that deploy are to do.
    for (const char* place : {"/sysroot", "/boot"}) {
        struct statvfs found{};
        if (::statvfs(place, &found) < 0 || !(found.f_flag & ST_RDONLY)) continue;
        if (::mount(place, place, nullptr, MS_REMOUNT | MS_SILENT, nullptr) < 0)
            return std::unexpected(system_error(errno, place, "cannot be made writable"));
    }
    // libostree looks for its list of deployments below /boot, which is none of its own file systems here.
    std::error_code none;
    if (!std::filesystem::exists("/boot/loader", none) &&
        ::mount("/sysroot/boot", "/boot", nullptr, MS_BIND, nullptr) < 0)
        return std::unexpected(system_error(errno, "/boot", "cannot be entered"));
    return {};
}

Result<std::string> reach(const std::string& source) {
    std::error_code none;
    if (!std::filesystem::is_block_file(source, none)) return source;
    const std::string place = "/run/holdfast/medium";
    TRY(make_directories(place));
    const auto mounted = TRY(run({"mount", "-o", "ro,nodev,nosuid,noexec", source, place}));
    if (mounted.exit == 0) return place;
    return fail(Code::Denied, "the medium cannot be read: " + std::string(trim(mounted.errors)) +
                                  "; is this its partition? Look with: lsblk -f");
}

}  // namespace holdfast
