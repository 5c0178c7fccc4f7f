#include "boot/variable.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "base/little_endian.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t attributes_size = 4;
// EFI_VARIABLE_NON_VOLATILE, _BOOTSERVICE_ACCESS and _RUNTIME_ACCESS.
constexpr std::uint32_t lasting = 0x07;

fs::path file_of(const fs::path& root, std::string_view name, std::string_view vendor) {
    return variables_folder(root) / (std::string(name) + "-" + std::string(vendor));
}

// efivarfs guards variables that it does not know against rm -rf; a plain file system may know no such flag.
void make_mutable(const fs::path& file) {
    const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    int flags = 0;
    if (!fd || ::ioctl(fd.number(), FS_IOC_GETFLAGS, &flags) < 0 || !(flags & FS_IMMUTABLE_FL)) return;
    flags &= ~FS_IMMUTABLE_FL;
    ::ioctl(fd.number(), FS_IOC_SETFLAGS, &flags);
}

// One write() is one SetVariable(): the bytes go at once or not at all.
Result<> write_at_once(const fs::path& file, std::string_view bytes) {
    const Fd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd) return std::unexpected(system_error(errno, file, "cannot open"));
    const ssize_t n = ::write(fd.number(), bytes.data(), bytes.size());
    if (n < 0) return std::unexpected(system_error(errno, file, "cannot write"));
    if (static_cast<std::size_t>(n) != bytes.size())
        return fail(Code::NoSpace, "cannot write " + file.string() + ": the firmware took only a part of it");
    // efivarfs has cut the file already; a plain one keeps the tail of a longer value.
    struct stat info{};
    if (::fstat(fd.number(), &info) == 0 && info.st_size > n && ::ftruncate(fd.number(), n) < 0)
        return std::unexpected(system_error(errno, file, "cannot cut"));
    return {};
}

}  // namespace

fs::path variables_folder(const fs::path& root) {
    return root / "sys/firmware/efi/efivars";
}

Result<std::string> read_variable(const fs::path& root, std::string_view name, std::string_view vendor,
                                  std::size_t limit) {
    const fs::path file = file_of(root, name, vendor);
    const std::string bytes = TRY(read_whole(file, limit + attributes_size));
    if (bytes.size() < attributes_size) return fail(Code::Corrupt, file.string() + " has no attributes");
    return bytes.substr(attributes_size);
}

Result<> write_variable(const fs::path& root, std::string_view name, std::string_view vendor, std::string_view data) {
    const fs::path file = file_of(root, name, vendor);
    std::error_code error;
    const bool fresh = !fs::exists(file, error);
    std::string bytes;
    append(bytes, lasting);
    bytes += data;
    make_mutable(file);
    auto written = write_at_once(file, bytes);
    // The file that open() made stays behind empty on kernels before 6.13.
    if (!written && fresh) ::unlink(file.c_str());
    if (!written) return written;
    if (TRY(read_variable(root, name, vendor)) != data)
        return fail(Code::Corrupt, file.string() + " reads back differently than it was written");
    return {};
}

Result<> remove_variable(const fs::path& root, std::string_view name, std::string_view vendor) {
    const fs::path file = file_of(root, name, vendor);
    make_mutable(file);
    if (::unlink(file.c_str()) < 0 && errno != ENOENT)
        return std::unexpected(system_error(errno, file, "cannot remove"));
    return {};
}

}  // namespace holdfast::boot
