#include "workload/workloads.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::workload;

namespace {

std::string refusal(const char* text, const char* file = "alarms.yaml") {
    const auto parsed = parse_workload(text, file);
    return parsed ? "it was taken" : parsed.error().what;
}

struct Box {
    Scratch scratch = Scratch::make("workloads").value();
    void write(const std::string& name, std::string_view text) const {
        const auto folder = scratch.path() / workloads_folder;
        BOOST_REQUIRE(make_directories(folder).has_value());
        BOOST_REQUIRE(write_whole(folder / name, text).has_value());
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_says_who_may_and_for_how_long) {
    BOOST_TEST((parse_workload("user: monitor\n", "/x/alarms.yaml").value() ==
                Workload{.name = "alarms", .user = "monitor", .hint = "", .seconds = 3600}));
    BOOST_TEST((parse_workload("user: 100999\nttl-minutes: 5\nhint: internal\n", "a.yaml").value() ==
                Workload{.name = "a", .user = "100999", .hint = "internal", .seconds = 300}));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_told_with_its_place) {
    BOOST_TEST(refusal("ttl-minutes: 60\n").contains("user"));
    BOOST_TEST(refusal("user: monitor\nttl: 60\n").contains("alarms.yaml:2: unknown key 'ttl'"));
    BOOST_TEST(refusal("user: monitor\nttl-minutes: 4\n").contains("alarms.yaml:2: ttl-minutes: write 5 to 10080"));
    BOOST_TEST(refusal("user: monitor\nttl-minutes: 10081\n").contains("write 5 to 10080"));
    BOOST_TEST(refusal("user: 'a b'\n").contains("alarms.yaml:1: user: 'a b' is no user"));
    BOOST_TEST(refusal("user: -x\n").contains("is no user"));
    BOOST_TEST(refusal("user: monitor\nhint: \"a\\nb\"\n").contains("hint"));
    for (const char* name : {"Alarms.yaml", "a_b.yaml", "-a.yaml", ".yaml"})
        BOOST_TEST(refusal("user: monitor\n", name).contains("is no workload's name"));
    BOOST_TEST(refusal("").contains("alarms.yaml"));
}

BOOST_FIXTURE_TEST_CASE(one_that_is_wrong_takes_nothing_from_the_others, Box) {
    BOOST_TEST(list_workloads(scratch.path()).workloads.empty());
    write("pump.yaml", "user: daemon\n");
    write("alarms.yaml", "user: daemon\n");
    write("bad.yaml", "usr: daemon\n");
    write("large.yaml", "user: daemon\n#" + std::string(file_limit, 'x'));
    write("notes.txt", "not ours\n");
    const auto listed = list_workloads(scratch.path());
    BOOST_REQUIRE(listed.workloads.size() == 2U);
    BOOST_TEST(listed.workloads.front().name == "alarms");
    BOOST_TEST(listed.workloads.back().name == "pump");
    BOOST_REQUIRE(listed.refused.size() == 2U);
    BOOST_TEST(listed.refused.front().name == "bad");
    BOOST_TEST(listed.refused.front().error.what.contains("did you mean 'user'?"));
    BOOST_TEST(listed.refused.back().name == "large");
}

BOOST_FIXTURE_TEST_CASE(a_box_has_so_many_and_no_more, Box) {
    for (std::size_t i = 0; i <= most_workloads; ++i) write("w" + std::to_string(i) + ".yaml", "user: daemon\n");
    const auto listed = list_workloads(scratch.path());
    BOOST_TEST(listed.workloads.size() == most_workloads);
    BOOST_TEST(listed.refused.size() == 1U);
}

BOOST_AUTO_TEST_CASE(users_are_known_by_name_and_by_number) {
    BOOST_TEST(user_id("root").value() == 0U);
    BOOST_TEST(user_id("100999").value() == 100'999U);
    BOOST_TEST((user_id("nobody-of-that-name").error().code == Code::NotFound));
    // More than there are, and the one that means none.
    for (const char* none : {"4294967295", "4294967296", "1x"}) BOOST_TEST(!user_id(none).has_value());
}
