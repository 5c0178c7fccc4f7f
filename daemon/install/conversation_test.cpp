#include "install/conversation.hpp"

#include "install/console_fixture.hpp"

#include <future>

using namespace holdfast::install;

BOOST_AUTO_TEST_CASE(a_new_pin_is_one_and_is_typed_twice) {
    Line line(Line::Kind::Terminal);
    auto asked = std::async(std::launch::async, [&] { return ask_new_pin(line.console); });
    std::string all;
    const auto answer = [&](const char* question, const std::string& words) {
        all += line.shown(question);
        line.type(words + "\r");
    };
    answer("New PIN (it is not shown): ", "12345");
    all += line.shown("a PIN has 6 to 64");
    answer("New PIN (it is not shown): ", "246810");
    answer("The same again: ", "246811");
    all += line.shown("two different ones");
    answer("New PIN (it is not shown): ", "246810");
    answer("The same again: ", "246810");
    BOOST_TEST(asked.get().value() == "246810");
    for (const auto* secret : {"12345", "246810", "246811"}) BOOST_TEST(!all.contains(secret));
}
