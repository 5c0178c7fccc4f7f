#include "health/checks.hpp"

#include "base/handle.hpp"
#include "health/scripts_fixture.hpp"

#include <chrono>
#include <csignal>
#include <poll.h>

extern "C" {  // this header of glibc 2.41 does not say so itself
#include <sys/pidfd.h>
}

using namespace holdfast;
using namespace holdfast::health;
using std::chrono::seconds;

namespace {

// Whether the process is gone or goes within ten seconds: a deadly signal needs a moment.
bool ends(pid_t pid) {
    const Fd process(::pidfd_open(pid, 0));
    if (!process) return true;
    pollfd polled{process.number(), POLLIN, 0};
    return ::poll(&polled, 1, 10'000) == 1;
}

Outcome only_outcome(const Scripts& box, const Limits& limits = {}) {
    const auto findings = run_checks(box.root, {}, limits, {});
    BOOST_REQUIRE(findings.outcomes.size() == 1U);
    return findings.outcomes.front();
}

}  // namespace

BOOST_AUTO_TEST_CASE(three_answers) {
    const Scripts box;
    box.required("1.sh", "echo fine");
    box.required("2.sh", "echo no network; exit 75");
    box.required("3.sh", "echo broken >&2; exit 1");
    box.wanted("1.sh", "exit 3");
    const auto all = run_checks(box.root, {}, {}, {}).outcomes;
    BOOST_REQUIRE(all.size() == 4U);
    BOOST_TEST((all[0].answer == Answer::Healthy && all[0].last_words == "fine"));
    BOOST_TEST((all[1].answer == Answer::CannotTell && all[1].last_words == "no network"));
    BOOST_TEST((all[2].answer == Answer::Sick && all[2].last_words == "broken"));
    BOOST_TEST((all[3].answer == Answer::Sick && all[3].kind == Kind::Wanted));
    BOOST_TEST(all[3].last_words == "ended with 3 and said nothing");
}

BOOST_AUTO_TEST_CASE(a_hanging_check_is_killed_with_its_children) {
    const Scripts box;
    box.required("hang.sh", "tail -f /dev/null & echo $! >" + (box.root / "pid").string() + "; wait");
    const auto outcome = only_outcome(box, {.required = seconds(1)});
    BOOST_TEST((outcome.answer == Answer::Sick));
    BOOST_TEST(outcome.last_words == "did not end within 1 s");
    BOOST_TEST(outcome.seconds < 20);
    BOOST_TEST(ends(std::stoi(read_whole(box.root / "pid").value())));
}

BOOST_AUTO_TEST_CASE(all_checks_share_one_deadline) {
    const Scripts box;
    box.required("1.sh", "tail -f /dev/null");
    box.required("2.sh", "true");
    const auto all = run_checks(box.root, {}, {.all = seconds(1)}, {}).outcomes;
    BOOST_REQUIRE(all.size() == 2U);
    BOOST_TEST((all[0].answer == Answer::Sick));
    // A required check that nobody ran has not passed.
    BOOST_TEST((all[1].answer == Answer::Sick));
    BOOST_TEST(all[1].last_words == "its turn did not come within 1 s");
}

BOOST_AUTO_TEST_CASE(huge_output_is_cut_to_its_end) {
    const Scripts box;
    box.required("loud.sh", "seq 1000000; echo the end");
    std::string output;
    const auto findings = run_checks(box.root, {}, {}, [&](const Heard& heard) { output = heard.output; });
    BOOST_TEST(findings.outcomes.at(0).last_words == "the end");
    BOOST_TEST(output.size() == 16U * 1024);
}

BOOST_AUTO_TEST_CASE(one_long_line_without_an_end) {
    const Scripts box;
    box.required("line.sh", "head -c 100000 /dev/zero | tr '\\0' x");
    BOOST_TEST(only_outcome(box).last_words.size() == last_words_limit);
}

BOOST_AUTO_TEST_CASE(a_script_that_is_not_executable_runs_as_greenboot_ran_it) {
    const Scripts box;
    box.file("usr/lib/greenboot/check/required.d/plain.sh", "[[ -n $BASH_VERSION ]] && echo by bash\n", 0644);
    BOOST_TEST(only_outcome(box).last_words == "by bash");
}

BOOST_AUTO_TEST_CASE(a_missing_interpreter_is_sick) {
    const Scripts box;
    box.file("usr/lib/greenboot/check/required.d/odd.sh", "#!/no/such/shell\n");
    const auto outcome = only_outcome(box);
    BOOST_TEST((outcome.answer == Answer::Sick));
    BOOST_TEST(outcome.last_words.contains("No such file"));
}

BOOST_AUTO_TEST_CASE(etc_overrides_and_disables) {
    const Scripts box;
    box.required("1.sh", "exit 1");
    box.required("2.sh", "exit 1");
    box.file("etc/greenboot/check/required.d/1.sh", "#!/bin/sh\necho mine\n");
    box.file("etc/greenboot/greenboot.conf", "DISABLED_HEALTHCHECKS=(2.sh)\n");
    const auto findings = run_checks(box.root, {}, {}, {});
    BOOST_REQUIRE(findings.outcomes.size() == 1U);
    BOOST_TEST(findings.outcomes[0].last_words == "mine");
    BOOST_TEST(findings.notices.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_check_that_leaves_a_child_does_not_hold_us) {
    const Scripts box;
    box.required("leave.sh", "tail -f /dev/null & echo $!");
    const auto outcome = only_outcome(box);
    BOOST_TEST((outcome.answer == Answer::Healthy));
    BOOST_TEST(::kill(std::stoi(outcome.last_words), SIGKILL) == 0);
}

BOOST_AUTO_TEST_CASE(built_ins_go_first_and_a_hidden_directory_is_sick) {
    const Scripts box;
    box.required("1.sh", "true");
    box.file("etc/greenboot/check/wanted.d", "");
    const std::vector<BuiltIn> own{{"tpm", Kind::Required, [] { return Outcome{.last_words = "no TPM"}; }}};
    const auto all = run_checks(box.root, own, {}, {}).outcomes;
    BOOST_REQUIRE(all.size() == 3U);
    BOOST_TEST((all[0].name == "tpm" && all[0].last_words == "no TPM"));
    BOOST_TEST((all[2].name == "check/wanted.d" && all[2].answer == Answer::Sick));
}

BOOST_AUTO_TEST_CASE(hanging_reactions_do_not_hold_up_a_reboot) {
    const Scripts box;
    box.file("etc/greenboot/red.d/1.sh", "#!/bin/sh\ntail -f /dev/null\n");
    box.file("etc/greenboot/red.d/2.sh", "#!/bin/sh\ntail -f /dev/null\n");
    const auto red = run_reactions(box.root, Verdict::Red, {.all = seconds(1)});
    BOOST_REQUIRE(red.size() == 2U);
    BOOST_TEST(red[0].last_words == "did not end within 1 s");
    BOOST_TEST((red[1].answer == Answer::CannotTell));
}

BOOST_AUTO_TEST_CASE(reactions_run_and_none_counts) {
    const Scripts box;
    const auto sign = (box.root / "sign").string();
    box.file("etc/greenboot/red.d/1.sh", "#!/bin/sh\nexit 1\n");
    box.file("etc/greenboot/red.d/2.sh", "#!/bin/sh\necho red >" + sign + "\n");
    box.file("etc/greenboot/green.d/1.sh", "#!/bin/sh\necho green >" + sign + "\n");
    const auto red = run_reactions(box.root, Verdict::Red, {});
    BOOST_TEST(red.size() == 2U);
    BOOST_TEST((decide(red) == Verdict::Green));
    BOOST_TEST(read_whole(sign).value() == "red\n");
    run_reactions(box.root, Verdict::Green, {});
    BOOST_TEST(read_whole(sign).value() == "green\n");
}
