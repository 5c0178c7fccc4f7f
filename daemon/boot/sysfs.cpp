#include "boot/sysfs.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <charconv>

namespace holdfast::boot {

Result<std::uint64_t> number_in(const std::filesystem::path& file) {
    const std::string text = TRY(read_whole(file, 64));
    const std::string_view digits = trim(text);
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || rest != digits.data() + digits.size())
        return fail(Code::Corrupt, file.string() + ": '" + std::string(digits) + "' is no number");
    return number;
}

}  // namespace holdfast::boot
