// Whatever programs write into the journal: a pattern within its bounds, and a count that fits.
#include "base/text.hpp"
#include "telemetry/pattern.hpp"

using namespace holdfast;
using namespace holdfast::telemetry;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char*>(data), size);
    const auto pattern = pattern_of(message);
    if (pattern.size() > pattern_limit || valid_utf8(pattern) != pattern) __builtin_trap();
    for (const unsigned char c : pattern)
        if (c < ' ' || c == 0x7F || (c >= '0' && c <= '9')) __builtin_trap();
    if (pattern_of(message) != pattern) __builtin_trap();

    // A line is a message, its first byte a priority, and what stands before a colon its unit.
    Patterns all({.patterns = 3, .example = 16});
    std::uint64_t taken = 0;
    for (const auto& line : split(message, '\n')) {
        const int priority = line.empty() ? 6 : static_cast<unsigned char>(line[0]) % 10;
        all.add({line.substr(0, line.find(':')), line, priority, static_cast<std::int64_t>(taken)});
        taken += priority < debug && priority <= 6 ? 1 : 0;
    }
    const auto done = all.finish();
    std::uint64_t counted = 0;
    for (const auto& each : done.patterns) {
        counted += each.count;
        if (each.example.size() > 16 || valid_utf8(each.example) != each.example || each.first > each.last)
            __builtin_trap();
    }
    for (const auto& [priority, count] : done.others) counted += count;
    if (counted != taken || done.patterns.size() > 3) __builtin_trap();
    return 0;
}
