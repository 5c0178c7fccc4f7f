#include "base/json.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;

BOOST_AUTO_TEST_CASE(members_come_typed) {
    const Json value = json::parse(R"({"word":"x","yes":true,"half":0.5})", 1000).value();
    BOOST_TEST(json::text(value, "word", 10).value() == "x");
    BOOST_TEST(json::boolean(value, "yes").value());
    BOOST_TEST(json::number(value, "half").value() == 0.5);
    BOOST_TEST(json::only(value, {"word", "yes", "half"}).has_value());
}

BOOST_AUTO_TEST_CASE(refusals_name_the_key) {
    const Json value = json::parse(R"({"word":"long","more":1})", 1000).value();
    BOOST_TEST(json::text(value, "word", 3).error().what.contains("word"));
    BOOST_TEST(json::text(value, "none", 3).error().what.contains("none"));
    BOOST_TEST(json::boolean(value, "more").error().what.contains("more"));
    BOOST_TEST(json::number(value, "word").error().what.contains("word"));
    BOOST_TEST(json::only(value, {"word"}).error().what.contains("more"));
    BOOST_TEST(!json::only(Json::array(), {}));
    BOOST_TEST(!json::text(Json(3), "word", 3));
}

BOOST_AUTO_TEST_CASE(no_document) {
    for (const char* text : {"", "{", "{} {}", "{'a':1}", "\xff", "{\"a\":1,\"a\":2}", "{\"b\":{\"a\":1,\"a\":2}}"})
        BOOST_TEST(!json::parse(text, 1000), text);
    BOOST_TEST(!json::parse("[1,2,3]", 3));
    BOOST_TEST(!json::parse(std::string(40, '[') + std::string(40, ']'), 1000));
    BOOST_TEST(json::parse(R"([{"a":1},{"a":2}])", 1000).has_value());
}

BOOST_AUTO_TEST_CASE(broken_utf8_is_written_whole) {
    BOOST_TEST(json::write(Json("a\xff")) == "\"a\xEF\xBF\xBD\"");
}
