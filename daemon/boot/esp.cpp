#include "boot/esp.hpp"

#include "base/crash_point.hpp"
#include "base/file.hpp"
#include "base/handle.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <span>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <vector>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

// A file to be written: from where, to where.
struct Copy {
    fs::path from, to;
};

// Ends in neither .efi nor .auth, so no boot loader takes half a file for a whole one.
constexpr std::string_view unfinished = ".new";
constexpr std::size_t chunk = mebibyte;

// As systemd-boot(7) and loader.conf(5) have them.
constexpr std::string_view settings = "timeout 0\nconsole-mode keep\neditor no\n";
constexpr std::string_view enrolling = "secure-boot-enroll force\n";

Result<std::uint64_t> size_of(const fs::path& file) {
    struct stat info{};
    if (::stat(file.c_str(), &info) < 0) return std::unexpected(system_error(errno, file, "cannot look at"));
    return static_cast<std::uint64_t>(info.st_size);
}

// What `copies` need on the file system that holds `esp`, and whether that is there.
Result<> room_for(const fs::path& esp, std::span<const Copy> copies) {
    struct statvfs found{};
    if (::statvfs(esp.c_str(), &found) < 0) return std::unexpected(system_error(errno, esp, "cannot look at"));
    const std::uint64_t block = std::max<std::uint64_t>(found.f_frsize, 4096);
    std::uint64_t needed = 16 * block;  // folders, names, the settings file
    for (const auto& copy : copies) needed += (TRY(size_of(copy.from)) + block - 1) / block * block;
    const std::uint64_t available = found.f_bavail * found.f_frsize;
    if (needed <= available) return {};
    return fail(Code::NoSpace, "EFI system partition: " + std::to_string(needed) + " bytes needed, " +
                                   std::to_string(available) + " available; nothing was changed");
}

Result<std::size_t> read_some(int fd, std::span<char> into, const fs::path& file) {
    for (;;) {
        const ssize_t n = ::read(fd, into.data(), into.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, file, "cannot read"));
        return static_cast<std::size_t>(n);
    }
}

Result<> write_some(int fd, std::span<const char> bytes, const fs::path& file) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return std::unexpected(system_error(errno, file, "cannot write"));
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
}

// Copies and syncs, then drops the pages, so that reading back asks the disk.
Result<> copy_synced(const fs::path& from, const fs::path& to) {
    const Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in) return std::unexpected(system_error(errno, from, "cannot open"));
    const Fd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!out) return std::unexpected(system_error(errno, to, "cannot create"));
    std::vector<char> buffer(chunk);
    while (const std::size_t n = TRY(read_some(in.number(), buffer, from)))
        TRY(write_some(out.number(), std::span(buffer).first(n), to));
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
    const Fd one(::open(wanted.c_str(), O_RDONLY | O_CLOEXEC));
    const Fd two(::open(written.c_str(), O_RDONLY | O_CLOEXEC));
    if (!one || !two) return std::unexpected(system_error(errno, written, "cannot read back"));
    std::vector<char> left(chunk), right(chunk);
    for (;;) {
        const std::size_t n = TRY(read_full(one.number(), left, wanted));
        const std::size_t m = TRY(read_full(two.number(), right, written));
        if (n != m || !std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(n), right.begin()))
            return fail(Code::Corrupt,
                        written.string() + " reads back differently than it was written; the disk is bad");
        if (n == 0) return {};
    }
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
    if (::rename(fresh.c_str(), copy.to.c_str()) < 0)
        return std::unexpected(system_error(errno, copy.to, "cannot rename to"));
    crash_point("esp.renamed");
    return sync_directory(copy.to.parent_path());
}

Result<> place_all(std::span<const Copy> copies) {
    for (const auto& copy : copies) TRY(place(copy));
    return {};
}

Result<> known_slot(char slot) {
    if (slot == 'a' || slot == 'b') return {};
    return fail(Code::Bug, std::string("no slot is called '") + slot + "'");
}

std::string stem_of(char slot) {
    return std::string("holdfast-") + slot;
}

// holdfast-a.efi, holdfast-a+3.efi, holdfast-a+2-1.efi, and what a cut left of them; never holdfast-a.efi.extra.d.
bool belongs(const std::string& name, char slot) {
    const std::string stem = stem_of(slot);
    const bool entry = name.ends_with(".efi") || name.ends_with(".efi" + std::string(unfinished));
    return entry && (name.starts_with(stem + "+") || name.starts_with(stem + ".efi"));
}

Result<> remove_entries(const fs::path& linux, char slot, const std::string& except) {
    std::error_code error;
    std::vector<fs::path> gone;
    for (const auto& entry : fs::directory_iterator(linux, error)) {
        const std::string name = entry.path().filename().string();
        if (belongs(name, slot) && name != except) gone.push_back(entry.path());
    }
    if (error && error != std::errc::no_such_file_or_directory)
        return std::unexpected(system_error(error.value(), linux, "cannot list"));
    for (const auto& file : gone)
        if (::unlink(file.c_str()) < 0) return std::unexpected(system_error(errno, file, "cannot remove"));
    return gone.empty() ? Result<>() : sync_directory(linux);
}

// What a cut left behind would otherwise count against the space for ever.
void remove_unfinished(const fs::path& directory) {
    std::error_code error;
    std::vector<fs::path> left;
    for (const auto& entry : fs::directory_iterator(directory, error))
        if (entry.path().extension() == unfinished) left.push_back(entry.path());
    for (const auto& file : left) fs::remove(file, error);
}

}  // namespace

Result<> write_loader(const fs::path& esp, const Loader& loader) {
    std::vector<Copy> copies{{loader.systemd_boot, esp / "EFI/BOOT" / loader.architecture.boot},
                             {loader.systemd_boot, esp / "EFI/systemd" / loader.architecture.systemd_boot()}};
    if (loader.keys)
        for (const auto* name : {"PK.auth", "KEK.auth", "db.auth"})
            copies.push_back({*loader.keys / name, esp / "loader/keys/auto" / name});
    TRY(room_for(esp, copies));
    TRY(place_all(copies));
    TRY(make_directories(esp / "loader"));
    return write_whole(esp / "loader/loader.conf", std::string(settings) + std::string(loader.keys ? enrolling : ""));
}

Result<> write_slot(const fs::path& esp, char slot, const SlotFiles& files) {
    TRY(known_slot(slot));
    const fs::path linux = esp / "EFI/Linux";
    const std::string entry = stem_of(slot) + "+" + std::to_string(files.tries) + ".efi";
    const fs::path extra = linux / (stem_of(slot) + ".efi.extra.d");
    // The addon first: an entry without it would boot with no slot on its command line.
    const std::array<Copy, 2> copies{{{files.addon, extra / "slot.addon.efi"}, {files.uki, linux / entry}}};
    remove_unfinished(linux);
    remove_unfinished(extra);
    TRY(room_for(esp, copies));
    TRY(place_all(copies));
    TRY(remove_entries(linux, slot, entry));
    // FAT has no journal: what the folders point at must be down before the caller calls it done.
    return sync_directory(extra);
}

Result<> remove_slot(const fs::path& esp, char slot) {
    TRY(known_slot(slot));
    const fs::path linux = esp / "EFI/Linux";
    TRY(remove_entries(linux, slot, ""));
    return remove_tree(linux / (stem_of(slot) + ".efi.extra.d"));
}

}  // namespace holdfast::boot
