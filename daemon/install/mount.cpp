#include "install/mount.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mount.h>

namespace holdfast::install {

Result<Mount> Mount::make(const std::filesystem::path& device, const std::filesystem::path& at, const std::string& type,
                          Access access) {
    TRY(make_directories(at));
    constexpr unsigned long careful = MS_NOSUID | MS_NODEV | MS_NOEXEC, read_only = MS_RDONLY;
    const unsigned long flags = careful | (access == Access::ReadOnly ? read_only : 0UL);
    if (::mount(device.c_str(), at.c_str(), type.c_str(), flags, nullptr) < 0)
        return std::unexpected(system_error(errno, device, "cannot mount"));
    return Mount(at);
}

Mount::~Mount() {
    if (!at_.empty()) ::umount2(at_.c_str(), MNT_DETACH);
}

Result<> Mount::unmount() {
    {
        const Fd root(::open(at_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!root || ::syncfs(root.number()) < 0) return std::unexpected(system_error(errno, at_, "cannot sync"));
    }
    if (::umount2(at_.c_str(), 0) < 0) return std::unexpected(system_error(errno, at_, "cannot unmount"));
    at_.clear();
    return {};
}

}  // namespace holdfast::install
