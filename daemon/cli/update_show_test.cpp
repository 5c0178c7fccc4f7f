#include "cli/update_show.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::cli;

BOOST_AUTO_TEST_CASE(a_bar_shows_bytes_and_speed) {
    BOOST_TEST(progress_bar({1, "download", "downloading", 13UL << 20U, 26UL << 20U, false}, 1.5 * 1048576) ==
               "downloading  50 % [############------------] 13.0 of 26.0 MiB, 1.50 MiB/s");
    BOOST_TEST(progress_bar({1, "download", "unpacking", 3, 4, false}, 0) ==
               "unpacking    75 % [##################------]");
    BOOST_TEST(progress_bar({1, "check", "checking", 0, 0, false}, 0) == "checking     …");
}

BOOST_AUTO_TEST_CASE(a_history_tells_cause_and_timings_newest_first) {
    const Json history = Json::parse(R"({"attempts":[
        {"version":"1.0.1","commit":"aaaaaaaaaaaaaaaa","source":"http://x","state":"good","fetched":3145728,"story":[
          {"event":"found","wall":1790000000,"uptime":100,"boot":"1","detail":""},
          {"event":"pulled","wall":1790000060,"uptime":160,"boot":"1","detail":""},
          {"event":"booted-new","wall":1790000260,"uptime":20,"boot":"2","detail":""}]},
        {"version":"1.1.0","commit":"bbbbbbbbbbbbbbbb","source":"/stick","state":"held","cause":"it was red","story":[]}]})");
    const std::string text = history_for_people(history, Colours::No);
    BOOST_TEST(
        text.starts_with("1.1.0     held        commit bbbbbbbbbbbb from /stick\n    because it was red\n1.0.1"));
    BOOST_TEST(text.contains("3.0 MiB fetched"));
    BOOST_TEST(text.contains("found        2026-09-21 14:13 UTC"));
    BOOST_TEST(text.contains("pulled       after 60 s"));
    BOOST_TEST(text.contains("booted-new   after 3 min"));
    BOOST_TEST(history_for_people(Json::parse("{}"), Colours::No) == "there was no update yet\n");
}

BOOST_AUTO_TEST_CASE(a_history_tells_what_was_released_and_what_was_given_up) {
    const Json history = Json::parse(R"({"attempts":[
        {"version":"1.0.1","commit":"aaaaaaaaaaaaaaaa","source":"http://x","state":"idle","cause":"it was red","story":[
          {"event":"released","wall":1790000000,"uptime":100,"boot":"1","detail":"by hand"}]},
        {"version":"1.1.0","commit":"bbbbbbbbbbbbbbbb","source":"/stick","state":"idle","story":[
          {"event":"superseded","wall":1790000000,"uptime":100,"boot":"1","detail":"version 1.2.0 came"}]}]})");
    const std::string text = history_for_people(history, Colours::No);
    BOOST_TEST(text.starts_with("1.1.0     given up    commit bbbbbbbbbbbb"), text);
    BOOST_TEST(text.contains("1.0.1     released    commit aaaaaaaaaaaa"), text);
    BOOST_TEST(text.contains("was held because it was red"));
}

BOOST_AUTO_TEST_CASE(the_state_is_told_with_its_cause) {
    const Update update{
        .state = "held", .version = "1.1.0", .commit = std::string(64, 'b'), .slot = "b", .cause = "it was red"};
    const std::string text = update_for_people(update, Colours::No);
    BOOST_TEST(text.contains("state       held\n"));
    BOOST_TEST(text.contains("because     it was red\n"));
    BOOST_TEST(Json::parse(update_for_programs(update)).at("cause") == "it was red");
}
