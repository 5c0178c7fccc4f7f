// Any bytes as the certificate table of a program, and as one signature in it.
#include "boot/authenticode.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

void read(std::string_view bytes) {
    const auto signature = holdfast::boot::read_signature(bytes, {}, {});
    // Nobody signed for a program whose hash is all zeros.
    if (signature && (signature->vouches || signature->chain.empty())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (const auto table = holdfast::boot::parse_certificate_table(bytes))
        for (const auto pkcs7 : *table) read(pkcs7);
    read(bytes);
    return 0;
}
