#include "publish/pieces.hpp"

#include "base/process.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using content::Packing;
using content::Piece;

namespace {

std::string text(std::size_t size) {
    std::string bytes;
    for (unsigned i = 0; bytes.size() < size; ++i) bytes += "line " + std::to_string(i * 7919U) + "\n";
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_plain_file_is_one_piece) {
    const auto flat = publish::flatten("hello");
    BOOST_TEST((flat.pieces == std::vector{Piece{Packing::None, 5, 5}}));
    BOOST_TEST(flat.bytes == "hello");
    BOOST_TEST(flat.as_it_is());
    BOOST_TEST(publish::flatten("").as_it_is());
}

BOOST_AUTO_TEST_CASE(a_kernel_module_is_seen_unpacked) {
    const std::string module = text(200'000);
    const std::string packed = content::pack(Packing::Zstd, module).value();
    const auto flat = publish::flatten(packed);
    BOOST_TEST((flat.pieces == std::vector{Piece{Packing::Zstd, packed.size(), module.size()}}));
    BOOST_TEST((flat.bytes == module));
    BOOST_TEST(!flat.as_it_is());
}

BOOST_AUTO_TEST_CASE(a_stream_with_other_settings_stays_as_it_is) {
    const auto frame = run_or_fail({"zstd", "-3", "--stdout"}, {.input = text(200'000)});
    BOOST_TEST(publish::flatten(frame.value()).as_it_is());
}

BOOST_AUTO_TEST_CASE(an_initrd_inside_a_uki_is_seen_unpacked) {
    const std::string initrd = text(500'000), frame = content::pack(Packing::Zstd, initrd).value();
    const std::string file = "head, with the magic \x28\xB5\x2F\xFD in it" + frame + "tail";
    const auto flat = publish::flatten(file);
    BOOST_TEST_REQUIRE(flat.pieces.size() == 3U);
    BOOST_TEST((flat.pieces[1] == Piece{Packing::Zstd, frame.size(), initrd.size()}));
    BOOST_TEST((flat.bytes == file.substr(0, flat.pieces[0].plain) + initrd + "tail"));
}
