#include "cli/show.hpp"

#include "base/json.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::cli;

namespace {

Box sample() {
    Box box;
    box.board = "generic-x86-64";
    box.profile = "dev";
    box.runtime = "podman";
    box.version = "0.1.0";
    box.commit = std::string(64, 'c');
    box.slot = "a";
    box.secure_boot = "enabled";
    box.tpm = "2.0";
    box.verdict = "green";
    box.explanation = "1 of 2 checks healthy";
    box.tries_left = 2;
    box.checks = {{"10-a.sh", "required", "healthy", "fine", 0.25},
                  {"b.sh", "wanted", "sick", "ssh.service failed", 1}};
    return box;
}

}  // namespace

BOOST_AUTO_TEST_CASE(people_see_six_plain_lines) {
    BOOST_TEST(for_people(sample(), Colours::No) ==
               "verdict     green  1 of 2 checks healthy\n"
               "image       generic-x86-64 x dev x podman, version 0.1.0\n"
               "slot        a (2 tries left), commit cccccccccccc\n"
               "security    Secure Boot enabled, TPM 2.0\n"
               "checks      healthy     required  10-a.sh    0.25 s\n"
               "            sick        wanted    b.sh       1.00 s  ssh.service failed\n");
}

BOOST_AUTO_TEST_CASE(whether_to_trust_it_is_told_with_its_reason) {
    Box box = sample();
    box.trust = "untrusted";
    box.trust_reason = "boot components: it started one more program";
    BOOST_TEST(for_people(box, Colours::No).contains("trust       untrusted  boot components: it started one more"));
    BOOST_TEST(for_programs(box).contains(R"("trust":"untrusted")"));
}

BOOST_AUTO_TEST_CASE(who_it_is_and_how_it_stands_is_told_with_the_reason) {
    Box box = sample();
    BOOST_TEST(!for_people(box, Colours::No).contains("identity"), "an older daemon does not tell");
    box.identity = {.id = "", .standing = "none", .reason = "not admitted anywhere", .term = "", .until = 0};
    BOOST_TEST(for_people(box, Colours::No).contains("identity    none  not admitted anywhere\n"));
    box.identity = {"spiffe://clinic.example/site/north/box/pump-3", "quarantined", "since Sunday", "good",
                    1'790'000'000};
    const auto told = for_people(box, Colours::Yes);
    BOOST_TEST(told.contains("spiffe://clinic.example/site/north/box/pump-3\n"));
    BOOST_TEST(told.contains("\x1b[1;31mquarantined\x1b[0m  since Sunday\n"));
    BOOST_TEST(!told.contains("certificate"));
    box.identity.term = "ending";
    BOOST_TEST(for_people(box, Colours::No).contains("certificate ending  runs out on 2026-09-21 14:13 UTC; renew it"));
    const Json value = json::parse(for_programs(box), 10'000).value();
    BOOST_TEST(value["identity"]["standing"] == "quarantined");
    BOOST_TEST(value["identity"]["until"] == 1'790'000'000);
}

BOOST_AUTO_TEST_CASE(whether_the_disk_is_sealed_is_told) {
    Box box = sample();
    box.storage = {"open", "/var is not sealed"};
    BOOST_TEST(for_people(box, Colours::No).contains("storage     open  /var is not sealed\n"));
    BOOST_TEST(for_programs(box).contains(R"("storage":{"reason":"/var is not sealed","state":"open"})"));
}

BOOST_AUTO_TEST_CASE(colours_only_on_demand_and_development_is_loud) {
    Box box = sample();
    box.development = true;
    BOOST_TEST(!for_people(box, Colours::No).contains('\x1b'));
    BOOST_TEST(for_people(box, Colours::No).starts_with("DEVELOPMENT IMAGE: not for production\n"));
    BOOST_TEST(for_people(box, Colours::Yes).contains("\x1b[1;33mDEVELOPMENT IMAGE"));
}

BOOST_AUTO_TEST_CASE(options_stand_beside_the_board) {
    Box box = sample();
    box.options = {"gpu", "modem"};
    BOOST_TEST(for_people(box, Colours::No).contains("generic-x86-64 with gpu, modem x dev"));
    BOOST_TEST(for_programs(box).contains(R"("options":["gpu","modem"])"));
}

BOOST_AUTO_TEST_CASE(tries_in_words) {
    Box box = sample();
    box.tries_left = -1;
    BOOST_TEST(for_people(box, Colours::No).contains("a (not on trial)"));
    box.tries_left = 1;
    BOOST_TEST(for_people(box, Colours::No).contains("a (1 try left)"));
}

BOOST_AUTO_TEST_CASE(programs_get_everything) {
    const Json value = json::parse(for_programs(sample()), 10'000).value();
    BOOST_TEST(value.size() == 18U);
    BOOST_TEST(value["tries_left"] == 2);
    BOOST_TEST(value["checks"][1]["answer"] == "sick");
    BOOST_TEST(value["commit"] == std::string(64, 'c'));
}

BOOST_AUTO_TEST_CASE(exits) {
    Box box = sample();
    BOOST_TEST(exit_code_of(box) == 0);
    box.verdict = "red";
    BOOST_TEST(exit_code_of(box) == 1);
    box.verdict = "unknown";
    BOOST_TEST(exit_code_of(box) == 3);
}
