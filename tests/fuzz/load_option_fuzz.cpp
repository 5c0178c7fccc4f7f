// Any bytes as a boot entry: what was understood of it survives being written and read again.
#include "boot/load_option.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdfast::boot;
    const auto option = parse_load_option({reinterpret_cast<const char*>(data), size});
    if (!option || !option->partition) return 0;
    const auto bytes = encode(*option);
    if (!bytes || parse_load_option(*bytes) != *option) std::abort();
    return 0;
}
