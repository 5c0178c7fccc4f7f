// Any bytes as a health report: read and written again it says the same, or it is refused.
#include "health/report.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto report = holdfast::health::parse_report({reinterpret_cast<const char*>(data), size});
    if (!report) return 0;
    const auto again = holdfast::health::parse_report(holdfast::health::to_json(*report));
    if (!again || again->verdict != report->verdict || again->checks.size() != report->checks.size()) std::abort();
    return 0;
}
