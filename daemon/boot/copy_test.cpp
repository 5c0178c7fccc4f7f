#include "boot/copy.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::boot;

BOOST_AUTO_TEST_CASE(files_are_the_same_byte_by_byte) {
    const auto scratch = Scratch::make("copy").value();
    const auto one = scratch.path() / "one", two = scratch.path() / "two";
    const std::string large(3 * mebibyte + 5, 'x');
    BOOST_REQUIRE(write_whole(one, large));
    for (const auto& [bytes, same] : {std::pair{large, true},
                                      {large + "y", false},
                                      {large.substr(1), false},
                                      {large.substr(1) + "y", false},
                                      {std::string(), false}}) {
        BOOST_REQUIRE(write_whole(two, bytes));
        BOOST_TEST(same_bytes(one, two).value() == same);
        BOOST_TEST(same_bytes(two, one).value() == same);
    }
    BOOST_TEST((same_bytes(one, "/nowhere").error().code == Code::NotFound));
}

BOOST_AUTO_TEST_CASE(a_copy_makes_its_folders_and_leaves_nothing_else) {
    const auto scratch = Scratch::make("copy").value();
    BOOST_REQUIRE(write_whole(scratch.path() / "from", "new"));
    const auto to = scratch.path() / "a/b/to";
    BOOST_TEST(place({scratch.path() / "from", to}).has_value());
    BOOST_REQUIRE(write_whole(scratch.path() / "from", "newer"));
    BOOST_REQUIRE(write_whole(scratch.path() / "a/b/to.new", "left by a cut"));
    BOOST_TEST(place({scratch.path() / "from", to}).has_value());
    BOOST_TEST(read_whole(to).value() == "newer");
    BOOST_TEST(!std::filesystem::exists(scratch.path() / "a/b/to.new"));
    BOOST_TEST((place({scratch.path() / "gone", to}).error().code == Code::NotFound));
    BOOST_TEST(read_whole(to).value() == "newer");
}
