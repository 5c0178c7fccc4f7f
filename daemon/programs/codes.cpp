#include "programs/codes.hpp"

#include "enroll/parts.hpp"
#include "programs/qr.hpp"

#include <cstdio>
#include <optional>
#include <sys/ioctl.h>
#include <unistd.h>

namespace holdfast {

namespace {

constexpr std::size_t letters_of_lines = 1000;  // where they go into a file
Result<> show_one(const std::string& part, std::size_t number, std::size_t count) {
    std::printf("\x1b[2J\x1b[H%s%zu of %zu; Enter shows the next", TRY(draw_code(part)).c_str(), number, count);
    std::fflush(stdout);
    for (int c = std::getchar(); c != '\n'; c = std::getchar())
        if (c == EOF) return fail(Code::Busy, "the input ended before all codes were shown");
    return {};
}

// Nothing where the output is none.
std::optional<winsize> terminal() {
    winsize size{};
    if (!::isatty(STDOUT_FILENO) || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return std::nullopt;
    return size;
}

}  // namespace

Result<std::vector<std::string>> codes_of(std::string_view message) {
    const auto size = terminal();
    if (!size) return enroll::write_parts(message, letters_of_lines);
    const std::size_t letters = letters_that_fit(size->ws_row, size->ws_col);
    if (letters < enroll::fewest_letters)
        return fail(Code::Denied,
                    "no QR code fits into this terminal; make it 40 columns wide and 21 rows high, or larger");
    return enroll::write_parts(message, letters);
}

Result<> show_codes(const std::vector<std::string>& codes) {
    if (!terminal()) {
        for (const auto& code : codes) std::puts(code.c_str());
        return {};
    }
    for (std::size_t i = 0; i < codes.size(); ++i) TRY(show_one(codes[i], i + 1, codes.size()));
    return {};
}

}  // namespace holdfast
