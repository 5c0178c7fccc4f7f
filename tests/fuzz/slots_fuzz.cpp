// Any bytes as the name of a boot entry, a kernel command line, the target of a slot's link and an EFI variable.
#include "boot/slots.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(holdfast::boot::parse_entry_name(text));
    static_cast<void>(holdfast::boot::parse_command_line(text));
    static_cast<void>(holdfast::boot::parse_deployment(text));
    static_cast<void>(holdfast::boot::parse_boot_count_path(text));
    return 0;
}
