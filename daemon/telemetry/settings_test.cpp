#include "telemetry/settings.hpp"

#include "base/file.hpp"
#include "base/good.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::telemetry;
using test::bad, test::good;

namespace {

std::string refused(const std::string& text) {
    const auto error = bad(parse_settings(text, "telemetry.yaml"));
    BOOST_TEST((error.code == Code::Corrupt));
    BOOST_TEST(error.what.starts_with("telemetry.yaml:"), error.what);
    return error.what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(without_a_file_and_without_a_word_everything_is_as_the_table_says) {
    const auto scratch = good(Scratch::make("settings"));
    for (const auto& made : {good(load_settings(scratch.path())), good(parse_settings("# nothing\n", "x")), Settings{}})
        for (const auto& field : fields()) BOOST_TEST((made.*field.value) == field.otherwise, field.key);
    BOOST_TEST((good(load_settings(scratch.path())).deadbands == default_deadbands()));
}

BOOST_AUTO_TEST_CASE(a_site_s_words_count_and_its_deadbands_stand_before_ours) {
    const auto made = good(parse_settings(R"(
sample-seconds: 10
window-seconds: 60
series: 100
port: 0
log-priority: warning
deadbands:
  - series: holdfast_host_load*
    absolute: 2
    relative: 0.5
  - {series: "*", relative: 0.01}
)",
                                          "telemetry.yaml"));
    BOOST_TEST(made.sample_seconds == 10);
    BOOST_TEST(made.window_seconds == 60);
    BOOST_TEST(made.series == 100);
    BOOST_TEST(made.port == 0);
    BOOST_TEST(made.priority == 4);
    BOOST_TEST((made.deadbands.at(0) == Deadband{"holdfast_host_load*", 2, 0.5}));
    BOOST_TEST((made.deadbands.at(1) == Deadband{"*", 0, 0.01}));
    BOOST_TEST(made.deadbands.size() == 2 + default_deadbands().size());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_refused_with_its_place) {
    BOOST_TEST(refused("window-second: 60\n").contains("window-seconds"));
    BOOST_TEST(refused("port: 70000\n").contains("0 to 65535"));
    refused("sample-seconds: 0\n");
    refused("sample-seconds: often\n");
    BOOST_TEST(refused("sample-seconds: 60\nwindow-seconds: 61\n").contains("two samples"));
    BOOST_TEST(refused("log-priority: debug\n").contains("info"));
    refused("deadbands: 3\n");
    refused("deadbands:\n  - absolute: 1\n");
    refused("deadbands:\n  - series: a\n");
    refused("deadbands:\n  - {series: a, relative: 2}\n");
    refused("deadbands:\n  - {series: a, absolute: -1}\n");
    refused("deadbands:\n  - {series: a, absolute: nan}\n");
    refused("deadbands:\n  - {series: a, absolute: 1, other: 2}\n");
}
