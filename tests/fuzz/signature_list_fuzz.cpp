// Any bytes as the content of db or dbx: no more entries than the bytes can hold.
#include "boot/signature_list.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto parsed = holdfast::boot::parse_signature_database({reinterpret_cast<const char*>(data), size});
    if (!parsed) return 0;
    std::size_t entries = parsed->images.size() + parsed->certificates.size() + parsed->revoked.size();
    for (const auto& [name, count] : parsed->passed_over) entries += count;
    if (entries * 17 > size) std::abort();  // an owner and a byte
    return 0;
}
