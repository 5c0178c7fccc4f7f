// Messages of a journal reduced to what they have in common, and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace holdfast::telemetry {

inline constexpr std::size_t pattern_limit = 256;  // bytes
inline constexpr int priorities = 8;               // of syslog: 0 emerg to 7 debug
inline constexpr int debug = 7;

// The message without what differs from time to time: <n> numbers, <hex>, <uuid>, <path>, <address> (IP and MAC); valid
// UTF-8 without a decimal digit and without control characters, `pattern_limit` bytes at most.
std::string pattern_of(std::string_view message);

struct Entry {
    std::string unit, message;
    int priority = 6;
    std::int64_t at = 0;  // milliseconds since the epoch
};

struct Pattern {
    std::string unit;
    int priority = 6;
    std::string pattern;
    std::uint64_t count = 0;
    std::int64_t first = 0, last = 0;  // milliseconds since the epoch
    std::string example;               // the first message, cut
    bool operator==(const Pattern&) const = default;
};

class Patterns {
public:
    struct Limits {
        std::size_t patterns = 200, example = 256;  // how many, the more important ones first; bytes of each
        int priority = 6;                           // less important ones are passed over
    };
    explicit Patterns(Limits limits) : limits_(limits) {}

    // Nothing of priority debug is taken.
    void add(const Entry& entry);
    struct Result {
        std::vector<Pattern> patterns;        // by unit, priority and pattern
        std::map<int, std::uint64_t> others;  // by priority: messages of patterns beyond the limit
    };
    // What has come so far; begins anew.
    Result finish();
    // Messages of each priority since this was made.
    const std::map<int, std::uint64_t>& totals() const { return totals_; }

private:
    bool make_room(int priority);
    Limits limits_;
    std::map<std::tuple<std::string, int, std::string>, Pattern> found_;
    std::map<int, std::uint64_t> others_, totals_;
};

}  // namespace holdfast::telemetry
