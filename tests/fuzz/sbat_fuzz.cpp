// Any bytes as an SBAT level and as the .sbat section of a program; then the one against the other.
#include "boot/sbat.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto level = holdfast::boot::parse_sbat_level(text);
    const auto section = holdfast::boot::parse_sbat_section(text);
    if (section && !level) std::abort();  // a section has all that a level has
    if (level && section) static_cast<void>(holdfast::boot::outdated(*level, *section));
    return 0;
}
