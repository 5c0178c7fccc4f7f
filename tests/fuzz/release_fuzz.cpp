// Any bytes as release.json: what the image is, or refused.
#include "agent/release.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto release = holdfast::agent::parse_release({reinterpret_cast<const char*>(data), size});
    if (release && release->board.empty()) std::abort();
    return 0;
}
