#include "base/file.hpp"

#include "base/handle.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <vector>

namespace holdfast {

namespace {

Code code_of(int number) {
    switch (number) {
        case ENOENT:
        case ENOTDIR: return Code::NotFound;
        case EACCES:
        case EPERM:
        case EROFS: return Code::Denied;
        case ENOSPC:
        case EDQUOT:
        case EFBIG: return Code::NoSpace;
        case EBUSY:
        case EAGAIN: return Code::Busy;
        case EIO: return Code::Corrupt;
        default: return Code::Bug;
    }
}

Result<> write_synced(const std::filesystem::path& file, std::string_view bytes, unsigned mode) {
    const Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!fd) return std::unexpected(system_error(errno, file, "cannot create"));
    if (::fchmod(fd.number(), mode) < 0) return std::unexpected(system_error(errno, file, "cannot set the mode of"));
    TRY(write_all(fd.number(), bytes, file));
    if (::fsync(fd.number()) < 0) return std::unexpected(system_error(errno, file, "cannot sync"));
    return {};
}

}  // namespace

Error system_error(int number, const std::filesystem::path& file, std::string_view doing) {
    const bool forbidden = (number == EACCES || number == EPERM) && ::geteuid() != 0;
    return Error{code_of(number), std::string(doing) + " " + file.string() + ": " + std::strerror(number) +
                                      (forbidden ? "; do it as root (sudo)" : "")};
}

Result<> write_all(int fd, std::string_view bytes, const std::filesystem::path& file) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, file, "cannot write"));
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<Space> space_at(const std::filesystem::path& place) {
    struct statvfs found{};
    if (::statvfs(place.c_str(), &found) < 0) return std::unexpected(system_error(errno, place, "cannot look at"));
    return Space{found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, found.f_frsize};
}

Result<std::string> read_whole(const std::filesystem::path& file, std::size_t limit) {
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::unexpected(system_error(errno, file, "cannot open"));
    std::string bytes;
    // Grows as it reads, since the files of /proc and /sys have no size.
    for (std::size_t size = 0;;) {
        bytes.resize(std::min(limit + 1, std::max<std::size_t>(4096, size * 2)));
        const ssize_t n = ::read(fd.number(), bytes.data() + size, bytes.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, file, "cannot read"));
        size += static_cast<std::size_t>(n);
        if (size > limit)
            return fail(Code::Corrupt, file.string() + " is larger than " + std::to_string(limit) + " bytes, refused");
        if (n == 0) {
            bytes.resize(size);
            return bytes;
        }
    }
}

Result<std::optional<std::string>> read_if_there(const std::filesystem::path& file, std::size_t limit) {
    auto bytes = read_whole(file, limit);
    if (!bytes && bytes.error().code == Code::NotFound) return std::nullopt;
    if (!bytes) return std::unexpected(std::move(bytes).error());
    return *std::move(bytes);
}

Result<> write_whole(const std::filesystem::path& file, std::string_view bytes, unsigned mode) {
    const std::filesystem::path fresh = file.string() + ".new";
    if (auto written = write_synced(fresh, bytes, mode); !written) {
        ::unlink(fresh.c_str());
        return written;
    }
    if (::rename(fresh.c_str(), file.c_str()) < 0) {
        const Error error = system_error(errno, file, "cannot rename to");
        ::unlink(fresh.c_str());
        return std::unexpected(error);
    }
    return sync_directory(file.parent_path());
}

Result<> sync_directory(const std::filesystem::path& directory) {
    const Fd fd(::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.number()) < 0) return std::unexpected(system_error(errno, directory, "cannot sync"));
    return {};
}

Result<> make_directories(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return std::unexpected(system_error(error.value(), directory, "cannot make"));
    return {};
}

Result<> remove_tree(const std::filesystem::path& tree) {
    std::error_code error;
    std::filesystem::remove_all(tree, error);
    if (error) return std::unexpected(system_error(error.value(), tree, "cannot remove"));
    return {};
}

Result<> remove_entries(const std::filesystem::path& folder,
                        const std::function<bool(const std::filesystem::path&)>& goes) {
    std::error_code error;
    std::vector<std::filesystem::path> gone;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (goes(entry.path())) gone.push_back(entry.path());
    for (const auto& each : gone) TRY(remove_tree(each));
    return {};
}

Result<> move_to(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code error;
    std::filesystem::rename(from, to, error);
    if (error) return std::unexpected(system_error(error.value(), to, "cannot move to"));
    return {};
}

}  // namespace holdfast
