#include "programs/qr.hpp"

#include "base/handle.hpp"

#include <qrencode.h>

namespace holdfast {

namespace {

using Drawing = Handle<QRcode, QRcode_free>;

constexpr std::size_t quiet = 2;  // modules around a code; phones need two
// Letters by version, from 1 on, of error correction level L (ISO/IEC 18004:2015, table 7).
constexpr std::size_t capacity[] = {25,   47,   77,   114,  154,  195,  224,  279,  335,  395,  468,  535,  619,  667,
                                    758,  854,  938,  1046, 1153, 1249, 1352, 1460, 1588, 1704, 1853, 1990, 2132, 2223,
                                    2369, 2520, 2677, 2840, 3009, 3183, 3351, 3537, 3729, 3927, 4087, 4296};

std::size_t modules(std::size_t version) {
    return 17 + 4 * version;
}

// Black where there is a module; white around the code.
bool black(const QRcode& code, std::size_t x, std::size_t y) {
    const auto width = static_cast<std::size_t>(code.width);
    if (x < quiet || y < quiet || x >= width + quiet || y >= width + quiet) return false;
    return (code.data[(y - quiet) * width + (x - quiet)] & 1U) != 0;
}

}  // namespace

std::size_t letters_that_fit(std::size_t rows, std::size_t columns) {
    std::size_t letters = 0;
    for (std::size_t version = 1; version <= std::size(capacity); ++version) {
        const std::size_t side = modules(version) + 2 * quiet;
        if (side <= columns && (side + 1) / 2 + 1 <= rows) letters = capacity[version - 1];
    }
    return letters;
}

Result<std::string> draw_code(const std::string& text) {
    const Drawing code(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1));
    if (!code) return fail(Code::Bug, "no QR code can be made of " + std::to_string(text.size()) + " letters");
    const std::size_t side = static_cast<std::size_t>(code->width) + 2 * quiet;
    std::string drawn;
    for (std::size_t y = 0; y < side; y += 2) {
        drawn += "\x1b[30;107m";
        for (std::size_t x = 0; x < side; ++x) {
            const bool above = black(*code, x, y), below = y + 1 < side && black(*code, x, y + 1);
            drawn += above && below ? "█" : above ? "▀" : below ? "▄" : " ";
        }
        drawn += "\x1b[0m\n";
    }
    return drawn;
}

}  // namespace holdfast
