#include "base/yaml.hpp"

#include <boost/test/unit_test.hpp>

using holdfast::yaml::Mapping;

namespace {

std::string error_of(std::string_view text, auto&& look) {
    auto mapping = Mapping::parse(text, "board.yaml");
    if (!mapping) return mapping.error().what;
    auto result = look(*mapping);
    return result ? "" : result.error().what;
}

const auto known = [](const Mapping& m) { return m.only({"name", "tpm"}); };

}  // namespace

BOOST_AUTO_TEST_CASE(an_unknown_key_is_refused_with_line_and_suggestion) {
    BOOST_TEST(error_of("name: x\ntmp: y\n", known) == "board.yaml:2: unknown key 'tmp'; did you mean 'tpm'?");
    BOOST_TEST(error_of("name: x\nwatchdog: y\n", known) ==
               "board.yaml:2: unknown key 'watchdog'; known here are: name, tpm");
}

BOOST_AUTO_TEST_CASE(a_key_that_stands_twice_is_refused) {
    BOOST_TEST(error_of("name: x\nname: y\n", known) == "board.yaml:2: the key 'name' stands twice; remove one");
    BOOST_TEST(error_of("tpm:\n  a: 1\n  a: 2\n", known) == "board.yaml:3: the key 'a' stands twice; remove one");
}

BOOST_AUTO_TEST_CASE(wrong_types_say_what_to_write) {
    const auto number = [](const Mapping& m) { return m.whole("name", 0); };
    const auto truth = [](const Mapping& m) { return m.boolean("name", false); };
    const auto list = [](const Mapping& m) { return m.texts("name"); };
    const auto text = [](const Mapping& m) { return m.text("name"); };
    BOOST_TEST(error_of("name: 12x", number) == "board.yaml:1: name: '12x' is not a whole number; write digits only");
    BOOST_TEST(error_of("name: yes", truth) ==
               "board.yaml:1: name: 'yes' is neither true nor false; write one of these two");
    BOOST_TEST(error_of("name: yes", list) == "board.yaml:1: name: must be a list; write 'name: [a, b]'");
    BOOST_TEST(error_of("name: [a]", text) ==
               "board.yaml:1: name: must be a single value; write 'name: VALUE' on one line");
    BOOST_TEST(error_of("tpm: a", text) == "board.yaml:1: the key 'name' is missing; add a line 'name: …'");
}

BOOST_AUTO_TEST_CASE(what_is_not_yaml_or_no_mapping_is_refused) {
    BOOST_TEST(error_of("a: [", known).starts_with("board.yaml:"));
    BOOST_TEST(error_of("- a\n", known).contains("must be a mapping"));
    BOOST_TEST(error_of("", known).contains("must be a mapping"));
}

BOOST_AUTO_TEST_CASE(values_are_read) {
    const auto m = Mapping::parse("name: x\nn: 7\nb: true\nl: [a, b]\nc:\n  d: e\n", "f").value();
    BOOST_TEST(m.text("name").value() == "x");
    BOOST_TEST(m.whole("n", 0).value() == 7);
    BOOST_TEST(m.boolean("b", false).value());
    BOOST_TEST(m.texts("l").value().size() == 2U);
    BOOST_TEST(m.child("c").value().text("d").value() == "e");
    BOOST_TEST(m.text("none", "otherwise").value() == "otherwise");
}
