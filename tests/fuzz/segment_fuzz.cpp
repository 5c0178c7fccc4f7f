// Segments of feeds come over lines and on sticks from anybody: read or refused.
#include "feed/segment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace holdfast::feed;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto segment = parse_segment(bytes);
    if (!segment) return 0;
    static_cast<void>(check_signature(*segment, bytes));
    const auto records = unpack(*segment);
    if (!records) return 0;
    // What is believed is as many records as it says, and the same again.
    if (records->size() != segment->head.count || records->front().sequence != segment->head.first) __builtin_trap();
    const auto sign = [](std::string_view) -> holdfast::Result<std::string> { return "none"; };
    const auto again = write_segment(segment->head.feed, segment->head.before, *records, sign);
    if (!again) __builtin_trap();
    const auto same = parse_segment(*again);
    if (!same || unpack(*same).value_or(std::vector<Record>()) != *records) __builtin_trap();
    return 0;
}
