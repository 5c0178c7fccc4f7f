// Any bytes as a PE file: parsed, listed, extracted and hashed, or refused.
#include "boot/pe.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto pe = holdfast::boot::Pe::parse(std::string(reinterpret_cast<const char*>(data), size));
    if (!pe) return 0;
    static_cast<void>(pe->authenticode());
    for (const auto& section : pe->sections()) {
        static_cast<void>(pe->section(section.name));
        if (section.size < 100000) static_cast<void>(section.contents());
    }
    return 0;
}
