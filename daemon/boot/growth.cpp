#include "boot/growth.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <charconv>

namespace holdfast::boot {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t sector = 512;            // the unit of sysfs, whatever the disk's own is
constexpr std::uint64_t second_table = 1 << 20;  // the spare GPT at the end, and the alignment

Result<std::uint64_t> number_in(const fs::path& file) {
    const std::string text = TRY(read_whole(file, 64));
    const std::string_view digits = trim(text);
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || rest != digits.data() + digits.size())
        return fail(Code::Corrupt, file.string() + ": '" + std::string(digits) + "' is no number");
    return number;
}

}  // namespace

Result<Growth> growth_of(const std::string& name, const fs::path& sys) {
    std::error_code error;
    const fs::path partition = fs::canonical(sys / "class/block" / name, error);
    if (error || !fs::exists(partition / "partition", error)) return fail(Code::NotFound, name + " is no partition");
    const fs::path disk = partition.parent_path();
    const std::uint64_t start = TRY(number_in(partition / "start"));
    const std::uint64_t end = (start + TRY(number_in(partition / "size"))) * sector;
    const std::uint64_t whole = TRY(number_in(disk / "size")) * sector;
    Growth growth{"/dev" / disk.filename(), whole > end + second_table ? whole - end - second_table : 0};
    for (const auto& entry : fs::directory_iterator(disk, error)) {
        std::error_code none;
        if (fs::exists(entry.path() / "partition", none) && TRY(number_in(entry.path() / "start")) > start)
            growth.free = 0;
    }
    return growth;
}

}  // namespace holdfast::boot
