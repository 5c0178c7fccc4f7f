#include "base/digest.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"
#include "base/text.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_CASE(the_standards_own_examples) {
    // FIPS 180-4's examples, as published by NIST.
    BOOST_TEST(holdfast::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    BOOST_TEST(holdfast::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(pieces_and_files_give_the_same) {
    const std::string bytes(3 * holdfast::mebibyte + 5, 'x');
    holdfast::Sha256 sum;
    sum.add(std::string_view(bytes).substr(0, 7)).add(std::string_view(bytes).substr(7));
    BOOST_TEST(holdfast::hex(sum.finish()) == holdfast::sha256_hex(bytes));

    const auto scratch = holdfast::Scratch::make("digest").value();
    BOOST_REQUIRE(holdfast::write_whole(scratch.path() / "f", bytes));
    BOOST_TEST(holdfast::sha256_file(scratch.path() / "f").value() == holdfast::sha256_hex(bytes));
    BOOST_TEST((holdfast::sha256_file(scratch.path() / "none").error().code == holdfast::Code::NotFound));
}
