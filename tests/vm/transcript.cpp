#include "vm/transcript.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace holdfast::vm {

void Transcript::feed(std::string_view bytes, double seconds) {
    for (const char byte : bytes) take(byte, seconds);
}

void Transcript::take(char byte, double seconds) {
    if (state_ == State::Sequence) return take_sequence(byte, seconds);
    if (state_ == State::Escape) {
        // ECMA-48: "ESC [" opens a control sequence; every other escape that firmware uses is one byte long.
        state_ = byte == '[' ? State::Sequence : State::Text;
        return;
    }
    if (byte == '\x1b') {
        state_ = State::Escape;
    } else if (byte == '\n') {
        break_line(seconds);
    } else if (byte == '\r') {
        // The end of a line comes as CR LF; a lone CR (a progress line) is not worth a line of its own.
    } else if (static_cast<unsigned char>(byte) >= 0x20 || byte == '\t') {
        open_ += byte;
        if (open_.size() >= line_limit) break_line(seconds);
    }
}

void Transcript::take_sequence(char byte, double seconds) {
    // A control sequence ends with its first byte of 0x40 to 0x7e; H and J are "cursor to" and "erase display".
    if (byte < 0x40 || byte > 0x7e) return;
    state_ = State::Text;
    if ((byte == 'H' || byte == 'J') && !open_.empty()) break_line(seconds);
}

void Transcript::break_line(double seconds) {
    lines_.push_back({std::exchange(open_, {}), seconds});
    if (lines_.size() <= lines_kept) return;
    lines_.pop_front();
    ++forgotten_;
}

std::string Transcript::last(std::size_t count) const {
    std::vector<std::string> chosen;
    if (!open_.empty()) chosen.push_back(open_);
    for (auto line = lines_.rbegin(); line != lines_.rend() && chosen.size() < count; ++line)
        if (!trim(line->text).empty()) chosen.push_back(line->text);
    std::ranges::reverse(chosen);
    return join(chosen, "\n");
}

}  // namespace holdfast::vm
