#include "agent/status.hpp"

#include "agent/box_fixture.hpp"

using namespace holdfast;
using namespace holdfast::agent;

BOOST_AUTO_TEST_CASE(a_whole_box) {
    const Box box;
    const Status status = observe(box.root);
    BOOST_TEST(status.gaps.empty());
    BOOST_TEST(status.release->board == "generic-x86-64");
    BOOST_TEST((status.slot == boot::Slot::A));
    BOOST_TEST(*status.commit == box.commit);
    BOOST_TEST((status.tpm == boot::Tpm::Version2));
    BOOST_TEST((status.health.verdict == health::Verdict::Unknown));
    BOOST_TEST(explanation(status) == "the health checks have not finished yet");
    BOOST_TEST(tries_left(box.root, status.slot) == 2);
}

BOOST_AUTO_TEST_CASE(a_box_of_nothing_says_what_is_missing) {
    const Status status = observe("/no/such/root");
    BOOST_TEST(status.gaps.size() == 2U);
    BOOST_TEST(explanation(status).contains("release.json"));
    BOOST_TEST(explanation(status).contains("cmdline"));
    BOOST_TEST(tries_left("/no/such/root", status.slot) == -1);
}

BOOST_AUTO_TEST_CASE(a_report_comes_and_a_broken_one_is_named) {
    const Box box;
    Status status = observe(box.root);
    BOOST_REQUIRE(health::write_report(box.root, {health::Verdict::Green, "all is well", {}}));
    observe_health(status, box.root);
    BOOST_TEST((status.health.verdict == health::Verdict::Green));
    box.file("run/holdfast/health.json", "{");
    observe_health(status, box.root);
    BOOST_TEST((status.health.verdict == health::Verdict::Unknown));
    BOOST_TEST(explanation(status).contains("health.json: not JSON"));
}

BOOST_AUTO_TEST_CASE(blessed_is_not_counted) {
    const Box box;
    box.on_trial("");
    BOOST_TEST(tries_left(box.root, boot::Slot::A) == -1);
}
