#include "agent/health_run.hpp"

#include "agent/box_fixture.hpp"
#include "update/evidence.hpp"
#include "update/journal.hpp"

using namespace holdfast;
using namespace holdfast::agent;

namespace {

struct Console {
    std::vector<std::string> lines;
    Say say() {
        return [this](Audience audience, const std::string& line) {
            if (audience == Audience::Console) lines.push_back(line);
        };
    }
};

// A box that notes when its red scripts ran.
struct Noting : Box {
    Noting() { file("etc/greenboot/red.d/1.sh", "#!/bin/sh\ntouch " + (root / "seen").string() + "\n", 0755); }
    bool has_seen_red() const { return std::filesystem::exists(root / "seen"); }
};

// Its deadline has passed: this computer has run for longer.
struct Late : Noting {
    Late() { file("etc/holdfast/update.yaml", "deadline-minutes: 1\n"); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(green_ends_with_one_verdict_line) {
    const Box box;
    box.required("10-good.sh", "true");
    Console console;
    BOOST_TEST((run_health(box.root, {}, console.say()) == Action::None));
    BOOST_REQUIRE(console.lines.size() == 5U);
    BOOST_TEST(console.lines.back() ==
               "holdfast: verdict green slot=a tries_left=2 board=generic-x86-64 profile=dev version=0.1.0 checks=3/3");
    for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(!console.lines[i].starts_with("holdfast: verdict"));
    BOOST_TEST((health::read_report(box.root)->verdict == health::Verdict::Green));
}

BOOST_AUTO_TEST_CASE(red_reboots_until_the_last_try_and_then_stays_alone) {
    const Box box;
    box.required("10-bad.sh", "echo broken; exit 1");
    Console console;
    BOOST_TEST((run_health(box.root, {}, console.say()) == Action::Reboot));
    BOOST_TEST(console.lines.back().starts_with("holdfast: verdict red slot=a tries_left=2 "));
    box.on_trial("+0-3");
    BOOST_TEST((run_health(box.root, {}, console.say()) == Action::StayAlone));
    BOOST_TEST(console.lines[console.lines.size() - 2].contains("no other slot to fall back to"));
    BOOST_TEST(console.lines.back().contains(" tries_left=0 "));
    BOOST_TEST(health::read_report(box.root)->explanation.starts_with("red: no other slot to fall back to"));
    BOOST_TEST(health::read_report(box.root)->explanation.contains("required 10-bad.sh is sick: broken"));
    box.entry("holdfast-2-b.efi");
    BOOST_TEST((run_health(box.root, {}, console.say()) == Action::FallBack));
}

BOOST_AUTO_TEST_CASE(a_blessed_slot_stays) {
    const Box box;
    box.required("10-bad.sh", "exit 1");
    box.entry("holdfast-2-b.efi");
    std::filesystem::rename(box.root / "efi/EFI/Linux/holdfast-1-a+2-1.efi",
                            box.root / "efi/EFI/Linux/holdfast-1-a.efi");
    Console console;
    BOOST_TEST((run_health(box.root, {}, console.say()) == Action::StayBlessed));
    BOOST_TEST(console.lines.back().contains(" tries_left=-1 "));
}

BOOST_AUTO_TEST_CASE(red_scripts_run_before_anything_is_done) {
    const Noting box;
    box.required("10-bad.sh", "exit 1");
    Console console;
    run_health(box.root, {}, console.say());
    BOOST_TEST(box.has_seen_red());
}

BOOST_AUTO_TEST_CASE(a_start_without_a_verdict_is_red_when_its_time_is_over) {
    const Late box;
    box.entry("holdfast-2-b.efi");
    Console console;
    BOOST_TEST((run_deadline(box.root, console.say(), [] {}) == Action::GiveUp));
    BOOST_TEST(box.has_seen_red());
    BOOST_REQUIRE(!console.lines.empty());
    BOOST_TEST(console.lines.back().contains("no verdict within 1 minutes after the start: it hangs"));
    // The slot that runs next knows.
    BOOST_TEST(update::gather(box.root, box.commit, 0).red.contains("it hangs"));
}

BOOST_AUTO_TEST_CASE(the_esp_is_reached_before_anything_is_decided) {
    const Late box;
    box.on_trial("+0-3");
    Console console;
    const auto mount = [&] { box.entry("holdfast-2-b.efi"); };
    BOOST_TEST((run_deadline(box.root, console.say(), mount) == Action::FallBack));
}

BOOST_AUTO_TEST_CASE(a_slot_that_hangs_without_its_esp_goes_back_to_the_one_that_it_came_from) {
    const Late box;
    box.on_trial("+0-3");
    std::filesystem::remove_all(box.root / "efi");
    Console console;
    BOOST_TEST((run_deadline(box.root, console.say(), [] {}) == Action::StayBlind));
    update::Journal journal{.attempts = {{.commit = box.commit, .version = "2", .slot = 'a'}}};
    journal.attempts.back().state = update::State::Trying;
    BOOST_REQUIRE(update::save_journal(box.root, journal));
    BOOST_TEST((run_deadline(box.root, console.say(), [] {}) == Action::FallBack));
    // Not where the update is another slot's, or over.
    journal.attempts.back().slot = 'b';
    BOOST_REQUIRE(update::save_journal(box.root, journal));
    BOOST_TEST((run_deadline(box.root, console.say(), [] {}) == Action::StayBlind));
}

BOOST_AUTO_TEST_CASE(green_that_nobody_wrote_down_is_not_good) {
    const Late box;
    box.entry("holdfast-2-b.efi");
    Console console;
    run_health(box.root, {}, console.say());
    BOOST_TEST((health::read_report(box.root)->verdict == health::Verdict::Green));
    BOOST_TEST((run_deadline(box.root, console.say(), [] {}) == Action::GiveUp));
    BOOST_TEST(update::gather(box.root, box.commit, 0).red.contains("was not marked good"));
}

BOOST_AUTO_TEST_CASE(where_there_was_a_verdict_or_no_trial_the_deadline_means_nothing) {
    const Late box;
    Console console;
    run_health(box.root, {}, console.say());
    std::filesystem::rename(box.root / "efi/EFI/Linux/holdfast-1-a+2-1.efi",
                            box.root / "efi/EFI/Linux/holdfast-1-a.efi");
    BOOST_TEST((run_deadline(box.root, console.say(), [] {}) == Action::None));
    std::filesystem::remove(box.root / "sys/firmware/efi/efivars" /
                            "LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");
    std::filesystem::remove(box.root / health::report_directory / health::report_name);
    BOOST_TEST((run_deadline(box.root, console.say(), [] {}) == Action::None));
    BOOST_TEST(!box.has_seen_red());
}

BOOST_AUTO_TEST_CASE(a_reboot_that_cannot_be_had_is_not_promised) {
    const Box box;
    box.required("10-bad.sh", "exit 1");
    Console console;
    const Action action = run_health(box.root, {}, console.say());
    BOOST_TEST(health::read_report(box.root)->explanation.starts_with("red: rebooting"));
    carry_out(action, box.root, [] { return fail(Code::Offline, "systemd is deaf"); }, console.say());
    BOOST_TEST(console.lines.back() == "holdfast: red: staying up, since systemd is deaf");
    BOOST_TEST(
        health::read_report(box.root)->explanation.starts_with("red: staying up, since systemd is deaf; 2 of 3"));
}

BOOST_AUTO_TEST_CASE(only_what_was_decided_is_done) {
    const Box box;
    Console console;
    int reboots = 0;
    const Reboot reboot = [&]() -> Result<> {
        ++reboots;
        return {};
    };
    for (const auto action : {Action::None, Action::StayAlone, Action::StayBlind, Action::StayBlessed})
        carry_out(action, box.root, reboot, console.say());
    BOOST_TEST(reboots == 0);
    carry_out(Action::Reboot, box.root, reboot, console.say());
    carry_out(Action::FallBack, box.root, reboot, console.say());
    BOOST_TEST(reboots == 2);
    BOOST_TEST(console.lines.empty());
}

BOOST_AUTO_TEST_CASE(a_board_that_requires_its_tpm) {
    const Box box;
    std::filesystem::remove_all(box.root / "sys/class/tpm");
    Console console;
    BOOST_TEST((run_health(box.root, {}, console.say()) == Action::Reboot));
    box.release("late");
    BOOST_TEST((run_health(box.root, {}, console.say()) == Action::None));
    BOOST_TEST((health::read_report(box.root)->checks[0].answer == health::Answer::CannotTell));
    box.release("none");
    BOOST_TEST((run_health(box.root, {}, console.say()) == Action::None));
    BOOST_TEST(health::read_report(box.root)->checks.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_broken_release_file_is_only_reported) {
    const Box box;
    box.file("usr/lib/holdfast/release.json", "{}");
    Console console;
    BOOST_TEST((run_health(box.root, {}, console.say()) == Action::None));
    BOOST_TEST(console.lines.back() ==
               "holdfast: verdict green slot=a tries_left=2 board=unknown profile=unknown version=unknown checks=0/1");
}
