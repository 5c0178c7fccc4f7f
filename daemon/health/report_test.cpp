#include "health/report.hpp"

#include "health/scripts_fixture.hpp"

using namespace holdfast;
using namespace holdfast::health;

BOOST_AUTO_TEST_CASE(written_and_read_again) {
    const Scripts box;
    BOOST_TEST((read_report(box.root).error().code == Code::NotFound));
    const Report report{Verdict::Red, "why", {{"a.sh", Kind::Wanted, Answer::CannotTell, "said \"this\"", 1.25}}};
    BOOST_REQUIRE(write_report(box.root, report));
    const auto again = read_report(box.root);
    BOOST_REQUIRE(again);
    BOOST_TEST((again->verdict == Verdict::Red && again->explanation == "why" && again->checks.size() == 1U));
    BOOST_TEST(to_json(*again) == to_json(report));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_do_not_break_the_report) {
    const Report report{Verdict::Green, "", {{"a.sh", Kind::Required, Answer::Healthy, "\xff\xfe", 0}}};
    BOOST_TEST(parse_report(to_json(report)).value().checks[0].last_words == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    const std::string good = to_json({Verdict::Green, "", {{.name = "a"}}});
    BOOST_TEST(parse_report(good).has_value());
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    for (const auto& text :
         {std::string("[]"), std::string("{}"), with("\"format\":1", "\"format\":2"), with("green", "blue"),
          with("required", "vital"), with("healthy", "fine"), with("\"name\":\"a\"", "\"name\":1"),
          with("\"checks\":[", "\"more\":1,\"checks\":["), with("\"seconds\":0.0", "\"seconds\":\"0\"")})
        BOOST_TEST(!parse_report(text), text);
}
