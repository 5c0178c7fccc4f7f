#include "boot/growth.hpp"

#include "boot/sysfs.hpp"

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t second_table = 1 << 20;  // the spare GPT at the end, and the alignment

}  // namespace

Result<Growth> growth_of(const std::string& name, const fs::path& sys) {
    std::error_code error;
    const fs::path partition = fs::canonical(sys / "class/block" / name, error);
    if (error || !fs::exists(partition / "partition", error)) return fail(Code::NotFound, name + " is no partition");
    const fs::path disk = partition.parent_path();
    const std::uint64_t start = TRY(number_in(partition / "start"));
    const std::uint64_t end = (start + TRY(number_in(partition / "size"))) * sysfs_sector;
    const std::uint64_t whole = TRY(number_in(disk / "size")) * sysfs_sector;
    Growth growth{"/dev" / disk.filename(), whole > end + second_table ? whole - end - second_table : 0};
    for (const auto& entry : fs::directory_iterator(disk, error)) {
        std::error_code none;
        if (fs::exists(entry.path() / "partition", none) && TRY(number_in(entry.path() / "start")) > start)
            growth.free = 0;
    }
    return growth;
}

}  // namespace holdfast::boot
