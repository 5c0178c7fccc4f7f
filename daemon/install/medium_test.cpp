#include "install/medium.hpp"

#include "install/search.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace holdfast::install;

const std::string commit(64, 'c');

nlohmann::json good() {
    return {{"format", 1},    {"id", commit.substr(0, 32)},
            {"name", "n"},    {"board", "b"},
            {"profile", "p"}, {"runtime", "r"},
            {"version", "1"}, {"commit", commit},
            {"ref", "x"},     {"development", false}};
}

std::string refusal(const nlohmann::json& json) {
    const auto medium = parse_medium(json.dump());
    return medium ? "accepted" : medium.error().what;
}

std::string refused_sums(const std::string& text) {
    const auto sums = parse_sums(text);
    return sums ? "accepted" : sums.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(medium_json) {
    BOOST_TEST(refusal(good()) == "accepted");
    const auto whole = good();
    for (const auto& [key, value] : whole.items()) {
        auto without = good();
        without.erase(key);
        BOOST_TEST(refusal(without).contains("'" + key + "'"), key);
    }
    auto more = good();
    more["extra"] = 1;
    BOOST_TEST(refusal(more).contains("unknown key 'extra'"));
    auto newer = good();
    newer["format"] = 2;
    BOOST_TEST(refusal(newer).contains("'format' is not 1"));
    auto other = good();
    other["id"] = std::string(32, 'd');
    BOOST_TEST(refusal(other).contains("not the first 32 digits"));
    auto moving = good();
    moving["name"] = "\x1b[2J";
    BOOST_TEST(refusal(moving).contains("plain ASCII"));
    BOOST_TEST(!parse_medium("").has_value());
    BOOST_TEST(!parse_medium(std::string(medium_limit + 1, ' ')).has_value());
}

BOOST_AUTO_TEST_CASE(list_of_sums) {
    const std::string sum(64, 'a');
    BOOST_TEST(refused_sums(sum + "  repo/config\n" + sum + " *medium.json\n") == "accepted");
    for (const auto* path : {"/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/", ""})
        BOOST_TEST(refused_sums(sum + "  " + path + "\n").contains("SHA256SUMS:1:"), path);
    BOOST_TEST(refused_sums(sum + "  a\n" + sum + "  a\n").contains("SHA256SUMS:2: a stands twice"));
    BOOST_TEST(refused_sums(sum + "  a").contains("cut short"));
    BOOST_TEST(refused_sums(std::string(64, 'A') + "  a\n").contains("hex digits"));
    BOOST_TEST(refused_sums("\n").contains("not of the form"));
}

BOOST_AUTO_TEST_CASE(command_line) {
    const std::string id(32, '7');
    BOOST_TEST(medium_on("console=tty0 holdfast.medium=" + id + " panic=30\n").value() == id);
    BOOST_TEST(medium_on("holdfast.medium=" + id + "\n").value() == id);
    BOOST_TEST(!medium_on("console=tty0").has_value());
    BOOST_TEST(!medium_on("holdfast.medium=../../x").has_value());
}
