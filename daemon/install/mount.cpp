#include "install/mount.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

namespace holdfast::install {

namespace {

struct Loop {
    Fd device;  // the file stays attached until this and every mount of it are gone
    std::filesystem::path node;
};

// Another program may take the free number before we do; then the next one is tried.
Result<Loop> attach(const std::filesystem::path& image) {
    const Fd file(::open(image.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return std::unexpected(system_error(errno, image, "cannot open"));
    const Fd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    if (!control) return std::unexpected(system_error(errno, "/dev/loop-control", "cannot open"));
    for (;;) {
        const int number = ::ioctl(control.number(), LOOP_CTL_GET_FREE);
        if (number < 0) return std::unexpected(system_error(errno, "/dev/loop-control", "no free loop device in"));
        Loop loop{Fd(), "/dev/loop" + std::to_string(number)};
        loop.device = Fd(::open(loop.node.c_str(), O_RDONLY | O_CLOEXEC));
        if (!loop.device) return std::unexpected(system_error(errno, loop.node, "cannot open"));
        loop_config config{};
        config.fd = static_cast<unsigned>(file.number());
        config.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR;
        if (::ioctl(loop.device.number(), LOOP_CONFIGURE, &config) == 0) return loop;
        if (errno != EBUSY) return std::unexpected(system_error(errno, image, "cannot attach"));
    }
}

}  // namespace

Result<Mount> Mount::make_of_image(const std::filesystem::path& image, const std::filesystem::path& at,
                                   const std::string& type) {
    const Loop loop = TRY(attach(image));
    return make(loop.node, at, type, Access::ReadOnly);
}

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
