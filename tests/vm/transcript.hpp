// What a machine wrote to its serial console, as lines. Firmware and loaders draw on a terminal there, so
// escape sequences are taken out and moving the cursor begins a new line.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::vm {

class Transcript {
public:
    static constexpr std::size_t line_limit = 4096;    // a longer line goes on in the next one
    static constexpr std::size_t lines_kept = 50'000;  // the oldest go first

    struct Line {
        std::string text;
        double seconds = 0;  // since power-on, when its end was seen
    };

    // Bytes as they came, at `seconds` since power-on.
    void feed(std::string_view bytes, double seconds);

    // Lines are numbered from 0 over the whole life; those before first() are forgotten.
    std::size_t first() const { return forgotten_; }
    std::size_t end() const { return forgotten_ + lines_.size(); }
    const Line& at(std::size_t number) const { return lines_.at(number - forgotten_); }
    // The line that has no end yet, such as a prompt.
    const std::string& open_line() const { return open_; }

    // The last `count` lines that hold something, the open one included; one string for people.
    std::string last(std::size_t count) const;

private:
    enum class State { Text, Escape, Sequence };
    void take(char byte, double seconds);
    void take_sequence(char byte, double seconds);
    void break_line(double seconds);

    std::deque<Line> lines_;
    std::size_t forgotten_ = 0;
    std::string open_;
    State state_ = State::Text;
};

}  // namespace holdfast::vm
