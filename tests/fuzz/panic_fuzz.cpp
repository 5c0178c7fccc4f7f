// Any bytes as a kernel log that pstore kept: a sentence without ends of lines, or nothing.
#include "update/evidence.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto panic = holdfast::update::panic_in({reinterpret_cast<const char*>(data), size});
    if (panic.size() > 900 || panic.contains('\n')) std::abort();
    return 0;
}
