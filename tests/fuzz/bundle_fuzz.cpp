// Any bytes as the head of a bundle: parsed, or refused; what is parsed is written and parsed again.
#include "content/bundle.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace holdfast::content;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    static_cast<void>(parse_prefix(bytes));
    const auto header = parse_header(bytes);
    if (!header) return 0;
    const auto again = parse_header(write_header(*header));
    if (!again || !(*again == *header)) std::abort();
    static_cast<void>(header->payload());
    return 0;
}
