#include "storage/pin.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::storage;

BOOST_AUTO_TEST_CASE(a_pin_can_be_typed_anywhere) {
    for (const auto* pin : {"123456", "correct horse", "~!@#$%"}) BOOST_TEST(check_pin(pin).has_value(), pin);
    BOOST_TEST(check_pin(std::string(64, 'x')).has_value());
    for (const std::string pin : {"", "12345", " 123456", "123456 ", "12345\x07", "pässwort"}) {
        const auto refused = check_pin(pin);
        BOOST_REQUIRE_MESSAGE(!refused, pin);
        BOOST_TEST((pin.empty() || !refused.error().what.contains(pin)));
    }
    BOOST_TEST(!check_pin(std::string(65, 'x')).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_box_keeps_is_read_or_named) {
    const auto scratch = Scratch::make("pin").value();
    const auto file = scratch.path() / "pin";
    const auto missing = load_pin(file);
    BOOST_REQUIRE(!missing);
    BOOST_TEST((missing.error().code == Code::NotFound));
    BOOST_TEST(missing.error().what.contains(file.string() + " is not there; write the PIN into that file"));
    write_whole(file, "246810\n", 0600).value();
    BOOST_TEST(load_pin(file).value() == "246810");
    write_whole(file, "2468\n", 0600).value();
    BOOST_TEST((load_pin(file).error().code == Code::Corrupt));
}

BOOST_AUTO_TEST_CASE(an_image_demands_one_or_not) {
    BOOST_TEST(!demands_pin(R"({"format": 1})").value());
    BOOST_TEST(!demands_pin(R"({"disk_pin": false})").value());
    BOOST_TEST(demands_pin(R"({"disk_pin": true})").value());
    BOOST_TEST(demands_pin(R"({"disk_pin": "yes"})").error().what.contains("disk_pin"));
    BOOST_TEST(demands_pin("{").error().what.contains("release.json"));
}
