// Times at which a box may restart for an update, in its local time: "Mon-Fri 02:00-04:30, Sun 00:00-24:00".
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::update {

class Window {
public:
    Window() = default;  // always open
    // Days are Mon to Sun, one or a span; without days every day. A span may go over midnight ("23:00-01:00"), and then
    // belongs to the day that it begins on. Corrupt for anything else, with what to write.
    static Result<Window> parse(std::string_view text);

    bool always() const { return spans_.empty(); }
    // `minute` counts from Monday 00:00.
    bool open_at(unsigned minute) const;
    // Minutes until it opens, 0 where it is open.
    unsigned minutes_until(unsigned minute) const;
    const std::string& text() const { return text_; }

private:
    struct Span {
        unsigned begin = 0, length = 0;  // minutes; begin counts from Monday 00:00
    };
    std::vector<Span> spans_;
    std::string text_;
};

inline constexpr unsigned minutes_of_a_week = 7 * 24 * 60;

// The minute of the week in local time.
unsigned minute_of_week(std::int64_t wall);

}  // namespace holdfast::update
