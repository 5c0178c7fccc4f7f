#include "base/cbor.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

using namespace holdfast;

namespace {

std::string bytes(std::initializer_list<int> list) {
    std::string text;
    for (const int each : list) text += static_cast<char>(each);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_come_back_as_they_went) {
    const Json value{{"text", "grün"},
                     {"n", 7},
                     {"negative", -8},
                     {"big", UINT64_MAX},
                     {"none", nullptr},
                     {"yes", true},
                     {"half", 0.5},
                     {"single", 100000.0},
                     {"double", 1.1},
                     {"list", {1, "a", Json::array()}},
                     {"bytes", cbor::binary(std::string("\0\xff", 2))},
                     {"low", INT64_MIN}};
    const auto back = cbor::parse(cbor::write(value), 4096);
    BOOST_REQUIRE(back.has_value());
    BOOST_TEST(*back == value);
    BOOST_TEST(cbor::bytes(*back, "bytes", 2).value() == std::string("\0\xff", 2));
    BOOST_TEST(cbor::count(*back, "n").value() == 7U);
    BOOST_TEST(!cbor::count(*back, "negative"));
    BOOST_TEST(!cbor::bytes(*back, "bytes", 1));
    BOOST_TEST(!cbor::bytes(*back, "text", 10));
}

BOOST_AUTO_TEST_CASE(the_encoding_is_that_of_the_rfc) {
    // RFC 8949, appendix A, and its order of keys (section 4.2.1): shorter ones first.
    BOOST_TEST(cbor::write(1000000) == bytes({0x1a, 0x00, 0x0f, 0x42, 0x40}));
    BOOST_TEST(cbor::write({{"aa", 1}, {"b", 2}}) == bytes({0xa2, 0x61, 'b', 0x02, 0x62, 'a', 'a', 0x01}));
}

BOOST_AUTO_TEST_CASE(what_has_another_encoding_is_refused) {
    for (const auto& wrong : {bytes({}), bytes({0x18, 0x01}),                                 // 1 in two bytes
                              bytes({0xa2, 0x62, 'a', 'a', 0x01, 0x61, 'b', 0x02}),           // keys in another order
                              bytes({0xa2, 0x61, 'a', 0x01, 0x61, 'a', 0x02}),                // a key twice
                              bytes({0x9f, 0x01, 0xff}),                                      // without a length
                              bytes({0x01, 0x01}),                                            // something behind it
                              bytes({0xc0, 0x60}),                                            // a tag
                              bytes({0xf7}),                                                  // undefined
                              bytes({0xa1, 0x01, 0x01}),                                      // a key that is no text
                              bytes({0x61, 0xff}),                                            // no UTF-8
                              bytes({0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),  // -2^64
                              bytes({0x5a, 0xff, 0xff, 0xff, 0xff})})  // 4 GiB that are not there
        BOOST_TEST(!cbor::parse(wrong, 4096));
    BOOST_TEST(!cbor::parse(cbor::write("long enough"), 5));
    BOOST_TEST(cbor::parse(std::string(32, '\x81') + "\x01", 4096).has_value());
    BOOST_TEST(!cbor::parse(std::string(33, '\x81') + "\x01", 4096));
    BOOST_TEST(!cbor::parse(std::string(4000, '\x81') + "\x01", 4096));
}
