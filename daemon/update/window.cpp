#include "update/window.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <optional>

namespace holdfast::update {

namespace {

constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr unsigned minutes_of_a_day = 24 * 60;

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
    if (error != std::errc() || end != text.end() || text.size() != 2) return std::nullopt;
    return value;
}

// HH:MM; 24:00 is the end of a day.
std::optional<unsigned> time_of_day(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    const auto hour = number(text.substr(0, 2)), minute = number(text.substr(3));
    if (!hour || !minute || *minute > 59 || *hour * 60 + *minute > minutes_of_a_day) return std::nullopt;
    return *hour * 60 + *minute;
}

std::optional<unsigned> day(std::string_view text) {
    const auto found = std::ranges::find(days, text);
    if (found == days.end()) return std::nullopt;
    return static_cast<unsigned>(found - days.begin());
}

struct Times {
    unsigned begin, length;
};
std::optional<Times> times_of(std::string_view text) {
    const auto dash = text.find('-');
    if (dash == text.npos) return std::nullopt;
    const auto begin = time_of_day(text.substr(0, dash)), end = time_of_day(text.substr(dash + 1));
    if (!begin || !end || *begin == *end || *begin == minutes_of_a_day) return std::nullopt;
    return Times{*begin, *end > *begin ? *end - *begin : minutes_of_a_day - *begin + *end};
}

// First and last day, the last not before the first: Fri-Mon is 4 to 7.
struct Days {
    unsigned first, last;
};
std::optional<Days> days_of(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = day(text.substr(0, dash));
    const auto last = dash == text.npos ? first : day(text.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    return Days{*first, *last < *first ? *last + 7 : *last};
}

}  // namespace

Result<Window> Window::parse(std::string_view text) {
    Window window;
    window.text_ = text;
    for (const auto& part : split(text, ',')) {
        const auto words = split(trim(part), ' ');
        const auto span = words.size() <= 2 ? times_of(words.back()) : std::nullopt;
        const auto on = words.size() == 2 ? days_of(words.front()) : Days{0, 6};
        if (!span || !on)
            return fail(Code::Corrupt,
                        "'" + std::string(trim(part)) +
                            "' is no window; write times such as 02:00-04:30, with days in front such as "
                            "Mon-Fri 02:00-04:30 or Sun 00:00-24:00, and commas between several");
        for (unsigned each = on->first; each <= on->last; ++each)
            window.spans_.push_back({each % 7 * minutes_of_a_day + span->begin, span->length});
    }
    return window;
}

bool Window::open_at(unsigned minute) const {
    return minutes_until(minute) == 0;
}

unsigned Window::minutes_until(unsigned minute) const {
    unsigned least = spans_.empty() ? 0 : minutes_of_a_week;
    for (const auto& span : spans_) {
        const unsigned into = (minute + minutes_of_a_week - span.begin) % minutes_of_a_week;
        least = std::min(least, into < span.length ? 0 : minutes_of_a_week - into);
    }
    return least;
}

unsigned minute_of_week(std::int64_t wall) {
    const std::time_t time = wall;
    std::tm local{};
    ::localtime_r(&time, &local);
    const auto since_monday = static_cast<unsigned>((local.tm_wday + 6) % 7);
    return since_monday * minutes_of_a_day + static_cast<unsigned>(local.tm_hour * 60 + local.tm_min);
}

}  // namespace holdfast::update
