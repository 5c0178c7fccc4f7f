// What a window comes to as records of the feed `telemetry`, and the other way round. README.md has the format.
#pragma once

#include "base/result.hpp"
#include "telemetry/deadband.hpp"
#include "telemetry/pattern.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::telemetry {

inline constexpr auto window_type = "telemetry.window", logs_type = "telemetry.logs";
// Bytes of a payload that is written, and that is read.
inline constexpr std::size_t part_limit = 128UL * 1024, read_limit = 512UL * 1024;

// What both have.
struct Span {
    std::int64_t from = 0, until = 0;  // milliseconds since the epoch
    bool ended = true;                 // false: the program was ended within the window
    std::uint64_t part = 0, parts = 1;
    bool operator==(const Span&) const = default;
};

struct WindowRecord {
    Span span;
    bool whole = false;          // all that there is, and not only what moved
    std::uint64_t samples = 0;   // how often it was measured
    std::uint64_t still = 0;     // series that did not move
    std::uint64_t left_out = 0;  // series beyond the limit, and a few of them
    std::vector<std::string> examples;
    ReducedSeries series;
    std::vector<Series> gone;
    bool operator==(const WindowRecord&) const = default;
};

struct LogsRecord {
    Span span;
    std::vector<Pattern> patterns;
    std::map<int, std::uint64_t> others;  // by priority: messages beyond the limit of patterns
    bool operator==(const LogsRecord&) const = default;
};

// Payloads of at most `limit` bytes each (but for one that has a single entry), which together are that record.
std::vector<std::string> write_window(const WindowRecord& record, std::size_t limit = part_limit);
std::vector<std::string> write_logs(const LogsRecord& record, std::size_t limit = part_limit);

// Corrupt: not deterministic CBOR, of another format, or over a limit. Keys that are not known are passed over: a newer
// version may have written them.
Result<WindowRecord> parse_window(std::string_view payload);
Result<LogsRecord> parse_logs(std::string_view payload);

}  // namespace holdfast::telemetry
