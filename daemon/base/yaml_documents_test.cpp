#include "base/yaml_documents.hpp"

#include "base/good.hpp"

#include <cmath>

using namespace holdfast;
using test::bad, test::good;

namespace {

Json one(const std::string& text) {
    const auto all = good(yaml::documents(text, "x.yaml"));
    BOOST_REQUIRE(all.size() == 1);
    return all[0].value;
}

std::string refused(const std::string& text) {
    return bad(yaml::documents(text, "x.yaml")).what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(scalars_are_what_the_core_schema_says) {
    BOOST_TEST(
        one("[1, -7, +3, 0o17, 0xff, 1.5, 1e3, .5, true, False, null, ~, yes, 1_000, 12:30, 1.2.3, '1', \"true\"]") ==
        Json::parse(R"([1, -7, 3, 15, 255, 1.5, 1000.0, 0.5, true, false, null, null, "yes", "1_000", "12:30",
                               "1.2.3", "1", "true"])"));
    BOOST_TEST(one("a: 18446744073709551615").at("a") == 18446744073709551615ULL);
    BOOST_TEST(one("a: .inf").at("a") == ".inf");
    BOOST_TEST(one("a: 0o").at("a") == "0o");
    BOOST_TEST(one("a: +-1").at("a") == "+-1");
}

BOOST_AUTO_TEST_CASE(a_text_may_hold_several_documents_and_empty_ones_are_none) {
    const auto all = good(yaml::documents("# first\na: 1\n---\n---\n# second\nb: 2\n", "x.yaml"));
    BOOST_REQUIRE(all.size() == 2);
    BOOST_TEST(all[1].value.at("b") == 2);
    BOOST_TEST(all[1].line == 6);
    BOOST_TEST(good(yaml::documents("", "x.yaml")).empty());
}

BOOST_AUTO_TEST_CASE(aliases_are_followed_as_far_as_they_are_of_use) {
    BOOST_TEST(one("a: &x [1, 2]\nb: *x").at("b") == (Json::array({1, 2})));
    std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c < 'i'; ++c) {
        const std::string before = "*" + std::string(1, static_cast<char>(c - 1));
        bomb += std::string(1, c) + ": &" + c + " [";
        for (int i = 0; i < 9; ++i) bomb += before + ", ";
        bomb += before + "]\n";
    }
    BOOST_TEST(refused(bomb).contains("more than 200,000 values"));
    BOOST_TEST(refused("a: &a [*a]").contains("an alias inside of what it stands for"));
    BOOST_TEST(one("a: &a {x: &b [1]}\nb: *b\nc: *a") ==
               Json::parse(R"({"a": {"x": [1]}, "b": [1], "c": {"x": [1]}})"));
}

BOOST_AUTO_TEST_CASE(what_is_refused_is_told_with_its_line) {
    BOOST_TEST(refused("a: 1\na: 2").contains("x.yaml:2: the key 'a' stands twice"));
    BOOST_TEST(refused("[1, 2]: 3").contains("a key must be a text"));
    BOOST_TEST(refused("a: !!binary aGk=").contains("tag"));
    BOOST_TEST(refused("a: \xec").contains("UTF-8"));
    BOOST_TEST(refused(std::string("a: \0b", 5)).contains("control"));
    BOOST_TEST(refused("a: [").contains("x.yaml:"));
    BOOST_TEST(refused("? [a]\n: b").contains("a key must be a text"));
    BOOST_TEST(refused("~: b").contains("a key must be a text"));
    BOOST_TEST(refused(std::string(40, '[') + std::string(40, ']')).contains("nested deeper than 32"));
    // The parser would find documents without end here.
    BOOST_TEST(refused("&a,,1b").contains("x.yaml:1"));
    BOOST_TEST(refused(std::string(5 << 20, 'x')).contains("4 MiB"));
    BOOST_TEST(refused(std::string(3000, '[')).contains("x.yaml"));
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_as_it_was) {
    const Json value = Json::parse(R"({"a": {"b": [1, 2.5, null, true, {}], "empty": [], "no": "no", "number": "12",
        "lines": "one\ntwo\n", "odd": " x: #y ", "null": "null", "quote": "it's \"so\"", "tab": "a\tb", "ü": "ß"}})");
    BOOST_TEST(one(yaml::write(value)) == value, yaml::write(value));
    BOOST_TEST(yaml::write(value).contains("lines: |"));
}
