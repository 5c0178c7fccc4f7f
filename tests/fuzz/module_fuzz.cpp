// Any bytes as a kernel module: what is left is its beginning, without a signature, and signing it can be undone.
#include "keys/module_signature.hpp"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string given(reinterpret_cast<const char*>(data), size);
    const auto bare = holdfast::keys::without_signatures(given);
    if (!bare) return 0;
    if (!given.starts_with(*bare)) std::abort();
    const auto again = holdfast::keys::without_signatures(*bare + "PKCS" + holdfast::keys::signature_trailer(4));
    if (!again || *again != *bare) std::abort();
    return 0;
}
