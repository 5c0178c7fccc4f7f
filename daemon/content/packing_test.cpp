#include "content/packing.hpp"

#include "base/process.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::content;

namespace {

// Some of it repeats, most of it does not.
std::string noise(std::size_t size) {
    std::string bytes(size, '\0');
    unsigned state = 1;
    for (auto& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 27U);
    }
    return bytes;
}

std::string in_steps(Packing packing, std::string_view bytes, std::size_t step) {
    std::string out;
    const auto stream = packer(packing, bytes.size(), [&](std::string_view part) -> Result<> {
        out += part;
        return {};
    });
    for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size())))
        BOOST_TEST_REQUIRE(stream->add(bytes.substr(0, step)).has_value());
    BOOST_TEST_REQUIRE(stream->end().has_value());
    return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_packed_unpacks_to_the_same) {
    for (const auto packing : {Packing::None, Packing::Zstd})
        for (const std::size_t size : {0UL, 1UL, 100'000UL, 131'072UL, 1'500'000UL}) {
            const std::string bytes = noise(size), packed = pack(packing, bytes).value();
            BOOST_TEST((unpack(packing, packed, size).value() == bytes));
        }
}

BOOST_AUTO_TEST_CASE(it_packs_to_the_same_bytes_whatever_pieces_it_comes_in) {
    const std::string bytes = noise(2'000'000);
    const std::string whole = pack(Packing::Zstd, bytes).value();
    for (const std::size_t step : {1000UL, 131'072UL, 1'000'001UL})
        BOOST_TEST((in_steps(Packing::Zstd, bytes, step) == whole));
}

BOOST_AUTO_TEST_CASE(the_field_s_own_programs_unpack_it) {
    const std::string bytes = noise(300'000);
    BOOST_TEST((run_or_fail({"zstd", "-dc"}, {.input = pack(Packing::Zstd, bytes).value()}).value() == bytes));
}

BOOST_AUTO_TEST_CASE(fewer_or_more_bytes_than_said_are_no_frame) {
    for (const std::uint64_t said : {299'999UL, 300'001UL}) {
        const auto stream = packer(Packing::Zstd, said, [](std::string_view) -> Result<> { return {}; });
        auto done = stream->add(noise(300'000));
        if (done) done = stream->end();
        BOOST_TEST((done.error().code == Code::Corrupt));
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_whole_or_too_large_is_refused) {
    const std::string bytes = noise(300'000);
    const std::string packed = pack(Packing::Zstd, bytes).value();
    for (const std::string& broken :
         {packed.substr(0, packed.size() - 1), packed.substr(0, 3), packed + "x", std::string("nonsense, and more")})
        BOOST_TEST((unpack(Packing::Zstd, broken, bytes.size()).error().code == Code::Corrupt));
    BOOST_TEST((unpack(Packing::Zstd, packed, bytes.size() - 1).error().code == Code::Corrupt));
}
