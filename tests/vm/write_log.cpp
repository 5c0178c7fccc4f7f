#include "vm/write_log.hpp"

#include "base/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <linux/falloc.h>
#include <random>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t magic = 0x6a736677736872ULL;
constexpr std::uint64_t flush_flag = 1, fua_flag = 2, discard_flag = 4;
constexpr std::uint64_t entries_limit = 1U << 24U;

std::uint64_t number(const char* bytes, unsigned size) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i)
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return value;
}

Result<bool> read_at(int file, std::uint64_t at, std::span<char> into) {
    const ssize_t n = ::pread(file, into.data(), into.size(), static_cast<off_t>(at));
    if (n < 0) return std::unexpected(system_error(errno, "write log", "cannot read"));
    return static_cast<std::size_t>(n) == into.size();
}

}  // namespace

Result<WriteLog> WriteLog::open(const fs::path& file) {
    WriteLog log;
    log.log_ = Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!log.log_) return std::unexpected(system_error(errno, file, "cannot open"));
    std::array<char, 32> head{};
    if (!TRY(read_at(log.log_.number(), 0, head)) || number(head.data(), 8) != magic)
        return fail(Code::Corrupt, file.string() + " is no log of writes");
    log.sector_size_ = number(head.data() + 24, 4);
    if (log.sector_size_ < 512 || log.sector_size_ > 65536) return fail(Code::Corrupt, "a log with odd sectors");
    // The count in the head lags behind; the log ends where nothing more was written.
    for (std::uint64_t at = log.sector_size_; log.entries_.size() < entries_limit;) {
        if (!TRY(read_at(log.log_.number(), at, head))) break;
        const Entry entry{number(head.data(), 8), number(head.data() + 8, 8), number(head.data() + 16, 8),
                          at + log.sector_size_};
        if (entry.sectors == 0 && entry.flags == 0) break;
        at = entry.data + (entry.flags & discard_flag ? 0 : entry.sectors * log.sector_size_);
        log.entries_.push_back(entry);
    }
    return log;
}

std::size_t WriteLog::entries_until(std::uint64_t bytes) const {
    std::size_t count = 0;
    while (count < entries_.size() && entries_[count].data <= bytes) ++count;
    return count;
}

bool WriteLog::within(const Part& part, const Entry& entry) const {
    const std::uint64_t at = entry.sector * sector_size_;
    return entry.sectors > 0 && at >= part.begin && at - part.begin < part.size;
}

std::vector<std::size_t> WriteLog::writes_into(const Part& part, std::size_t from, std::size_t to) const {
    std::vector<std::size_t> cuts;
    for (std::size_t i = from; i < std::min(to, entries_.size()); ++i)
        if (within(part, entries_[i])) cuts.push_back(i + 1);
    return cuts;
}

Result<> WriteLog::apply(int disk, const Entry& entry, std::uint64_t offset) const {
    const auto begin = static_cast<off_t>(entry.sector * sector_size_ - offset),
               length = static_cast<off_t>(entry.sectors * sector_size_);
    if (entry.flags & discard_flag) {
        if (::fallocate(disk, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, begin, length) < 0)
            return std::unexpected(system_error(errno, "disk", "cannot discard"));
        return {};
    }
    std::vector<char> bytes(static_cast<std::size_t>(length));
    if (!TRY(read_at(log_.number(), entry.data, bytes))) return fail(Code::Corrupt, "the log ends within a write");
    if (::pwrite(disk, bytes.data(), bytes.size(), begin) != length)
        return std::unexpected(system_error(errno, "disk", "cannot write"));
    return {};
}

Result<> WriteLog::replay(const fs::path& disk, std::size_t cut, std::uint64_t seed) const {
    return replay_part(disk, {0, std::numeric_limits<std::uint64_t>::max()}, cut, seed);
}

Result<> WriteLog::replay_part(const fs::path& file, const Part& part, std::size_t cut, std::uint64_t seed) const {
    const Fd opened(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (!opened) return std::unexpected(system_error(errno, file, "cannot open"));
    std::size_t flushed = cut;
    while (flushed > 0 && !(entries_[flushed - 1].flags & flush_flag)) --flushed;
    std::mt19937_64 generator(seed);
    for (std::size_t i = 0; i < cut; ++i) {
        const bool stays = i < flushed || entries_[i].flags & fua_flag || generator() % 2 == 0;
        if (stays && within(part, entries_[i])) TRY(apply(opened.number(), entries_[i], part.begin));
    }
    return {};
}

}  // namespace holdfast::vm
