// What a node says that it has lost comes from outside: believed as what it can be written as again, or refused.
#include "feed/loss.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::feed;
    const auto lost = parse_lost({reinterpret_cast<const char*>(data), size});
    if (!lost || lost->empty()) return 0;
    if (parse_lost(write_lost(*lost, "dropped", 1)).value_or(std::vector<Lost>()) != *lost) __builtin_trap();
    return 0;
}
