#include "programs/qr.hpp"

#include "base/handle.hpp"
#include "base/text.hpp"

#include <boost/test/unit_test.hpp>
#include <qrencode.h>

using namespace holdfast;

// The table against the library that makes them: that many letters make a code of that version, and one more does not.
BOOST_AUTO_TEST_CASE(what_fits_is_what_the_library_says) {
    const auto version_of = [](std::size_t letters) {
        const Handle<QRcode, QRcode_free> code(
            QRcode_encodeString(std::string(letters, 'A').c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1));
        return code ? code->version : 0;
    };
    std::size_t before = 0;
    for (int version = 1; version <= 40; ++version) {
        const std::size_t side = 17 + 4 * static_cast<std::size_t>(version) + 4;
        const std::size_t letters = letters_that_fit((side + 1) / 2 + 1, side);
        BOOST_TEST(letters > before);
        BOOST_TEST(version_of(letters) == version);
        BOOST_TEST(version_of(letters + 1) == (version == 40 ? 0 : version + 1));
        before = letters;
    }
    BOOST_TEST(letters_that_fit(25, 80) == 195U);
    BOOST_TEST(letters_that_fit(10, 20) == 0U);
    BOOST_TEST(letters_that_fit(100, 20) == 0U);
}

BOOST_AUTO_TEST_CASE(a_code_is_drawn_with_its_quiet_zone) {
    const auto drawn = draw_code("HF1/1/1/01234567/AB").value();
    const auto lines = split(trim(drawn), '\n');
    BOOST_TEST(lines.size() == 13U);  // 21 modules and four around them, two a line
    BOOST_TEST(lines.front() == "\x1b[30;107m" + std::string(25, ' ') + "\x1b[0m");
    // The corner of every code: a square of seven.
    BOOST_TEST(lines[1].starts_with("\x1b[30;107m  █▀▀▀▀▀█ "));
    BOOST_TEST(!draw_code(std::string(5000, 'A')).has_value());
}
