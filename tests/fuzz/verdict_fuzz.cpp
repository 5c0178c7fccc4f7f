// Any bytes as a line of the console: a whole verdict, or refused.
#include "vm/verdict.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto verdict = holdfast::vm::parse_verdict(line);
    if (!verdict) return 0;
    if (!holdfast::vm::is_verdict(line) || verdict->healthy > verdict->checks || verdict->board.empty()) std::abort();
    return 0;
}
