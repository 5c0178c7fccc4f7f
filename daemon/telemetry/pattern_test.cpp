#include "telemetry/pattern.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast::telemetry;

BOOST_AUTO_TEST_CASE(what_differs_from_time_to_time_is_masked) {
    const std::vector<std::pair<std::string, std::string>> all{
        {"Started session 17 of user root.", "Started session <n> of user root."},
        {"took 3.25s, 12 retries", "took <n>s, <n> retries"},
        {"pump-7: level 12%", "pump-<n>: level <n>%"},
        {"cannot open /var/lib/x/y.db: No such file", "cannot open <path>: No such file"},
        {"file='/etc/a b'", "file='<path> b'"},
        {"from 10.0.2.15:4711 to 10.0.2.2", "from <address> to <address>"},
        {"peer fe80::1%eth0 and 2001:db8::/32", "peer <address> and <address>"},
        {"link 52:54:00:12:34:56 up", "link <address> up"},
        {"id 3f9a1c02-5b8e-4c1d-9a7f-0123456789ab.", "id <uuid>."},
        {"commit 3f9a1c025b8e4c1d at 0xdeadBEEF", "commit <hex> at <hex>"},
        {"decade facade deadbeef", "decade facade deadbeef"},
        {"GET https://box.example/x/1?token=abc done", "GET https://<address> done"},
        {"at 12:30:45", "at <n>:<n>:<n>"},
        {"a / b // c", "a / b // c"},
        {"12345678", "<n>"},
        {"two\nlines\tand \x1b[31mred", "two lines and  [<n>mred"},
        {"", ""},
    };
    for (const auto& [message, pattern] : all) BOOST_TEST(pattern_of(message) == pattern);
}

BOOST_AUTO_TEST_CASE(a_pattern_has_a_bound_and_no_half_letters) {
    std::string words;
    for (int i = 0; i < 200; ++i) words += "gr\u00fc\u00dfe ";
    const auto pattern = pattern_of(words);
    BOOST_TEST(pattern.size() <= pattern_limit);
    BOOST_TEST(pattern.size() > pattern_limit - 4);
    BOOST_TEST(pattern_of("\xff\xfe") == "\ufffd\ufffd");
    BOOST_TEST(pattern_of(std::string(100'000, 'x')).size() == pattern_limit);
}

BOOST_AUTO_TEST_CASE(messages_are_counted_by_unit_priority_and_pattern_with_one_example) {
    Patterns all({.patterns = 10, .example = 12});
    all.add({"a.service", "pump 1 is slow today", 4, 1000});
    all.add({"a.service", "pump 2 is slow today", 4, 3000});
    all.add({"a.service", "pump 3 is slow today", 4, 2000});
    all.add({"a.service", "pump 3 is slow today", 3, 2000});
    all.add({"b.service", "pump 3 is slow today", 4, 2000});
    const auto done = all.finish();
    BOOST_TEST((done.patterns ==
                std::vector<Pattern>{{"a.service", 3, "pump <n> is slow today", 1, 2000, 2000, "pump 3 is sl"},
                                     {"a.service", 4, "pump <n> is slow today", 3, 1000, 3000, "pump 1 is sl"},
                                     {"b.service", 4, "pump <n> is slow today", 1, 2000, 2000, "pump 3 is sl"}}));
    BOOST_TEST(done.others.empty());
    BOOST_TEST(all.finish().patterns.empty());
    BOOST_TEST((all.totals() == std::map<int, std::uint64_t>{{3, 1}, {4, 4}}));
}

BOOST_AUTO_TEST_CASE(the_rest_is_counted_as_other) {
    Patterns all({.patterns = 2});
    for (const std::string word : {"one", "two", "three", "four", "one"}) all.add({"a.service", word, 6, 0});
    const auto done = all.finish();
    BOOST_TEST(done.patterns.size() == 2U);
    BOOST_TEST(done.patterns.front().count == 2U);
    BOOST_TEST((done.others == std::map<int, std::uint64_t>{{6, 2}}));
}

BOOST_AUTO_TEST_CASE(nothing_of_priority_debug_is_taken_nor_what_a_site_does_not_want) {
    Patterns all({.priority = 4});
    for (int priority = -1; priority <= 9; ++priority) all.add({"a.service", "word", priority, 0});
    BOOST_TEST(all.finish().patterns.size() == 5U);
    BOOST_TEST(all.totals().size() == 5U);
}

BOOST_AUTO_TEST_CASE(scopes_are_numbered_and_counted_together) {
    Patterns all({});
    all.add({"session-1.scope", "hello", 6, 0});
    all.add({"session-2.scope", "hello", 6, 0});
    const auto done = all.finish();
    BOOST_REQUIRE(done.patterns.size() == 1U);
    BOOST_TEST(done.patterns.front().unit == "session-<n>.scope");
}

// A start of the kernel has hundreds of patterns that matter to nobody.
BOOST_AUTO_TEST_CASE(what_matters_more_takes_the_place_of_what_matters_less) {
    Patterns patterns({.patterns = 2, .example = 10, .priority = 6});
    patterns.add({"kernel", "one", 6, 1});
    patterns.add({"kernel", "one", 6, 2});
    patterns.add({"kernel", "two", 6, 3});
    patterns.add({"pump", "it burns", 3, 4});
    patterns.add({"pump", "it is warm", 4, 5});
    patterns.add({"pump", "three", 6, 6});
    const auto done = patterns.finish();
    BOOST_REQUIRE(done.patterns.size() == 2U);
    BOOST_TEST(done.patterns[0].pattern == "it burns");
    BOOST_TEST(done.patterns[1].pattern == "it is warm");
    BOOST_TEST((done.others == std::map<int, std::uint64_t>{{6, 4}}));
}
