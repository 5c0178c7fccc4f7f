// What a phone read off a screen, or somebody typed.
#include "enroll/parts.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::enroll;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    static_cast<void>(join_parts(bytes));
    if (const auto decoded = from_base45(bytes); decoded && to_base45(*decoded) != bytes) __builtin_trap();
    std::string lines;
    for (const auto& part : write_parts(bytes, 4296).value()) lines += part + "\n";
    if (join_parts(lines).value() != bytes) __builtin_trap();
    return 0;
}
