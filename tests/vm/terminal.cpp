#include "vm/terminal.hpp"

#include "base/file.hpp"

#include <array>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace holdfast::vm {

namespace {

constexpr char ctrl_a = '\x01';
constexpr auto glance = std::chrono::seconds(30);

// Raw, and as it was again when this goes.
class RawTerminal {
public:
    static Result<RawTerminal> make() {
        termios before{};
        if (::tcgetattr(STDIN_FILENO, &before) < 0)
            return std::unexpected(system_error(errno, "terminal", "cannot read"));
        termios raw = before;
        ::cfmakeraw(&raw);
        if (::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
            return std::unexpected(system_error(errno, "terminal", "cannot set"));
        return RawTerminal(before);
    }
    RawTerminal(RawTerminal&& other) noexcept : before_(std::exchange(other.before_, std::nullopt)) {}
    RawTerminal& operator=(RawTerminal&&) = delete;
    ~RawTerminal() {
        if (before_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &*before_);
    }

private:
    explicit RawTerminal(const termios& before) : before_(before) {}
    std::optional<termios> before_;
};

void show(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (n <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

// What was typed; nothing where nobody types. The terminal going away counts as leaving.
std::optional<std::string> typed() {
    pollfd polled{STDIN_FILENO, POLLIN, 0};
    if (::poll(&polled, 1, 0) <= 0) return "";
    std::array<char, 256> bytes{};
    const ssize_t n = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    return n > 0 ? std::optional(std::string(bytes.data(), static_cast<std::size_t>(n))) : std::nullopt;
}

}  // namespace

bool on_terminal() {
    return ::isatty(STDIN_FILENO) && ::isatty(STDOUT_FILENO);
}

std::string Keys::take(std::string_view pressed) {
    std::string bytes;
    for (const char key : pressed) {
        if (!std::exchange(after_prefix_, false)) {
            if (key == ctrl_a)
                after_prefix_ = true;
            else
                bytes += key;
        } else if (key == 'x' || key == 'X') {
            left_ = true;
        } else {
            bytes += key;
        }
    }
    return bytes;
}

Result<> attach(Machine& machine) {
    const auto raw = TRY(RawTerminal::make());
    const auto before = std::exchange(machine.on_console, show);
    Keys keys;
    while (machine.running() && !keys.left()) {
        TRY(machine.step(Deadline::in(glance), STDIN_FILENO));
        const auto bytes = typed();
        if (!bytes) break;
        if (const auto wanted = keys.take(*bytes); !wanted.empty()) machine.type(wanted);
    }
    machine.on_console = before;
    return {};
}

}  // namespace holdfast::vm
