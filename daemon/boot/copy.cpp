#include "boot/copy.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/handle.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <vector>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t chunk = mebibyte;

Result<std::uint64_t> size_of(const fs::path& file) {
    struct stat info{};
    if (::stat(file.c_str(), &info) < 0) return std::unexpected(system_error(errno, file, "cannot look at"));
    return static_cast<std::uint64_t>(info.st_size);
}

Result<std::size_t> read_some(int fd, std::span<char> into, const fs::path& file) {
    for (;;) {
        const ssize_t n = ::read(fd, into.data(), into.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, file, "cannot read"));
        return static_cast<std::size_t>(n);
    }
}

// Copies and syncs, then drops the pages, so that reading back asks the disk.
Result<> copy_synced(const fs::path& from, const fs::path& to) {
    const Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in) return std::unexpected(system_error(errno, from, "cannot open"));
    const Fd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!out) return std::unexpected(system_error(errno, to, "cannot create"));
    std::vector<char> buffer(chunk);
    while (const std::size_t n = TRY(read_some(in.number(), buffer, from)))
        TRY(write_all(out.number(), {buffer.data(), n}, to));
    if (::fsync(out.number()) < 0) return std::unexpected(system_error(errno, to, "cannot sync"));
    ::posix_fadvise(out.number(), 0, 0, POSIX_FADV_DONTNEED);
    return {};
}

Result<std::size_t> read_full(int fd, std::span<char> into, const fs::path& file) {
    std::size_t got = 0;
    while (got < into.size()) {
        const std::size_t n = TRY(read_some(fd, into.subspan(got), file));
        if (n == 0) break;
        got += n;
    }
    return got;
}

Result<> compare(const fs::path& wanted, const fs::path& written) {
    if (TRY(same_bytes(wanted, written))) return {};
    return fail(Code::Corrupt, written.string() + " reads back differently than it was written; the disk is bad");
}

}  // namespace

Result<> room_for(const fs::path& esp, std::span<const Copy> copies) {
    std::vector<std::uint64_t> sizes;
    for (const auto& copy : copies) sizes.push_back(TRY(size_of(copy.from)));
    return room_for_sizes(esp, sizes, 0);
}

Result<> room_for_sizes(const fs::path& esp, std::span<const std::uint64_t> sizes, std::uint64_t freed) {
    const Space space = TRY(space_at(esp));
    const std::uint64_t block = std::max<std::uint64_t>(space.block, 4096);
    std::uint64_t needed = 16 * block;  // folders, names, the settings file
    for (const auto size : sizes) needed += (size + block - 1) / block * block;
    const std::uint64_t available = space.free + freed;
    if (needed <= available) return {};
    return fail(Code::NoSpace, "EFI system partition: " + std::to_string(needed) + " bytes needed, " +
                                   std::to_string(available) + " available; nothing was changed");
}

Result<> place(const Copy& copy) {
    TRY(make_directories(copy.to.parent_path()));
    const fs::path fresh = copy.to.string() + std::string(unfinished);
    auto written = copy_synced(copy.from, fresh);
    crash_point("esp.written");
    if (written) written = compare(copy.from, fresh);
    if (!written) {
        ::unlink(fresh.c_str());
        return written;
    }
    return rename_synced(fresh, copy.to);
}

Result<> rename_synced(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) < 0) return std::unexpected(system_error(errno, to, "cannot rename to"));
    crash_point("esp.renamed");
    const Fd renamed(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
    if (!renamed || ::fsync(renamed.number()) < 0) return std::unexpected(system_error(errno, to, "cannot sync"));
    return sync_directory(to.parent_path());
}

Result<> place_all(std::span<const Copy> copies) {
    for (const auto& copy : copies) TRY(place(copy));
    return {};
}

Result<bool> same_bytes(const fs::path& one, const fs::path& two) {
    const Fd first(::open(one.c_str(), O_RDONLY | O_CLOEXEC));
    if (!first) return std::unexpected(system_error(errno, one, "cannot open"));
    const Fd second(::open(two.c_str(), O_RDONLY | O_CLOEXEC));
    if (!second) return std::unexpected(system_error(errno, two, "cannot open"));
    std::vector<char> left(chunk), right(chunk);
    for (;;) {
        const std::size_t n = TRY(read_full(first.number(), left, one));
        const std::size_t m = TRY(read_full(second.number(), right, two));
        if (n != m || !std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(n), right.begin()))
            return false;
        if (n == 0) return true;
    }
}

void remove_unfinished(const fs::path& directory) {
    std::error_code error;
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator(directory, error))
        if (entry.path().extension() == unfinished || is_empty_file(entry)) left.push_back(entry.path());
    for (const auto& file : left) fs::remove(file, error);
}

}  // namespace holdfast::boot
