// Every write of a disk in its order, as QEMU's blklogwrites notes it, and the disk as a power cut would leave it: what
// was flushed is there, of the rest any part. Format: the kernel's
// Documentation/admin-guide/device-mapper/log-writes.rst.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace holdfast::vm {

class WriteLog {
public:
    // Reads the entries of a log, not their data. Corrupt where it is none.
    static Result<WriteLog> open(const std::filesystem::path& file);

    std::size_t size() const { return entries_.size(); }
    // Entries that were in the log when it was so many bytes long.
    std::size_t entries_until(std::uint64_t bytes) const;

    // Makes `disk` (raw, the state from before the log) what it is when the power goes after `cut` entries: all up to
    // the last flush before it, and of those behind each with a chance of one half, by `seed`.
    Result<> replay(const std::filesystem::path& disk, std::size_t cut, std::uint64_t seed) const;

    // One partition, in bytes of the disk.
    struct Part {
        std::uint64_t begin = 0, size = 0;
    };
    // The cuts after a write into the part, of those behind `from` and up to `to`.
    std::vector<std::size_t> writes_into(const Part& part, std::size_t from, std::size_t to) const;
    // The same as replay() where `file` holds the bytes of that part alone.
    Result<> replay_part(const std::filesystem::path& file, const Part& part, std::size_t cut,
                         std::uint64_t seed) const;

private:
    struct Entry {
        std::uint64_t sector = 0, sectors = 0, flags = 0;
        std::uint64_t data = 0;  // where its bytes lie in the log
    };
    bool within(const Part& part, const Entry& entry) const;
    Result<> apply(int disk, const Entry& entry, std::uint64_t offset) const;
    Fd log_;
    std::uint64_t sector_size_ = 512;
    std::vector<Entry> entries_;
};

}  // namespace holdfast::vm
