#include "agent/health_run.hpp"

#include "base/text.hpp"
#include "boot/esp.hpp"
#include "update/evidence.hpp"
#include "update/journal.hpp"
#include "update/pause.hpp"
#include "update/settings.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <format>

namespace holdfast::agent {

namespace {

using health::Answer;
using health::Outcome;
using health::Verdict;

namespace fs = std::filesystem;

Outcome look_at_tpm(const fs::path& root, TpmNeed need) {
    const auto state = boot::tpm(root);
    Outcome outcome{.last_words = "TPM " + std::string(boot::text(state))};
    if (state == boot::Tpm::Version2) return outcome;
    outcome.answer = need == TpmNeed::Late && state == boot::Tpm::Absent ? Answer::CannotTell : Answer::Sick;
    outcome.last_words += need == TpmNeed::Late ? ", may still appear" : ", but this board must have TPM 2.0";
    return outcome;
}

Outcome look_at_release(const Result<Release>& release) {
    if (release) return {.last_words = release->board + " " + release->version};
    return {.answer = Answer::Sick, .last_words = release.error().what};
}

// The variable of the boot loader is enough until the slot may have been blessed, that is, in the first run of a
// boot; it saves mounting the ESP before the verdict.
boot::Standing look_at_standing(const fs::path& root, const std::optional<boot::Slot>& slot, Verdict verdict,
                                bool first) {
    if (!slot || (first && verdict == Verdict::Green)) return boot::standing_at_boot(root);
    return boot::standing_now(root, *slot);
}

// An update leaves a slot only once that was blessed: where the ESP cannot be read, its journal tells that there is one
// to go back to.
bool came_by_update(const fs::path& root, const Status& status) {
    const auto journal = update::read_journal(root);
    if (!journal || !journal->current() || !status.slot || !status.commit) return false;
    const auto& attempt = *journal->current();
    return update::armed(attempt.state) && attempt.slot == boot::letter(*status.slot) &&
           attempt.commit == *status.commit;
}

Action decide_for(const fs::path& root, const Status& status, const boot::Standing& standing) {
    if (status.health.verdict != Verdict::Red) return Action::None;
    auto fallback = status.slot ? fallback_of(*status.slot, boot::entries(root)) : Fallback::Untold;
    if (fallback == Fallback::Untold && came_by_update(root, status)) fallback = Fallback::Bootable;
    // Settings that cannot be read are told by whoever works at updates.
    const auto settings = update::load_settings(root);
    const auto patience = settings && settings->all_tries ? Patience::TryAgain : Patience::FallBack;
    return decide(status.health.verdict, trial_of(standing), fallback, patience);
}

// What the slot that runs next will know of this one.
void leave_note(const fs::path& root, const Status& status, const boot::Standing& standing, const std::string& why,
                const Say& say) {
    const bool trial = std::holds_alternative<boot::Tries>(standing);
    if (status.health.verdict != Verdict::Red || !trial || !status.commit) return;
    const auto noted = update::note_red(root, *status.commit, why);
    if (!noted) say(Audience::Journal, "holdfast: " + noted.error().what + ", ignoring");
}

std::string or_unknown(const std::optional<Release>& release, std::string Release::* member) {
    return release ? (*release).*member : "unknown";
}

void say_check(const health::Heard& heard, const Say& say) {
    for (const auto& line : split(heard.output, '\n'))
        if (!line.empty()) say(Audience::Journal, heard.outcome.name + ": " + line);
    say(Audience::Console, check_line(heard.outcome));
}

// green.d or red.d.
void react(const fs::path& root, Verdict verdict, const health::Limits& limits, const Say& say) {
    for (const auto& outcome : health::run_reactions(root, verdict, limits))
        if (outcome.answer != Answer::Healthy)
            say(Audience::Journal, "holdfast: after the verdict, " + outcome.name + " failed: " + outcome.last_words);
}

void sleep_until(std::chrono::seconds uptime) {
    const timespec until{uptime.count(), 0};
    while (::clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
}

// The time in which the runtime's data is saved or brought back does not count: there is much of it on some boxes, and
// nothing else starts meanwhile. Nor does the time until a person types the disk's PIN. Neither takes more than a day.
void wait_for_deadline(const fs::path& root, std::chrono::seconds deadline) {
    constexpr auto longest = std::chrono::hours(24);
    constexpr auto between_two_looks = std::chrono::seconds(10);
    sleep_until(deadline);
    for (;;) {
        const std::chrono::seconds uptime(update::now(root).uptime);
        if (uptime >= deadline + std::min<std::chrono::seconds>(update::paused(root), longest)) return;
        sleep_until(uptime + between_two_looks);
    }
}

// Why a slot that is on trial and past its deadline is not good; "" where it is, or where that cannot be told.
std::string unfinished(const fs::path& root, std::chrono::seconds deadline) {
    const std::string limit = std::to_string(std::chrono::duration_cast<std::chrono::minutes>(deadline).count());
    if (!fs::exists(root / health::report_directory / health::report_name))
        return "no verdict within " + limit + " minutes after the start: it hangs";
    const auto report = health::read_report(root);
    const auto slot = boot::booted_slot(root);
    if (!report || report->verdict != Verdict::Green || !slot) return "";
    if (!std::holds_alternative<boot::Tries>(boot::standing_now(root, *slot))) return "";
    return "its checks are green, and yet it was not marked good within " + limit +
           " minutes after the start; see: systemctl status boot-complete.target systemd-bless-boot.service";
}

}  // namespace

std::vector<health::BuiltIn> built_in_checks(const fs::path& root, const Result<Release>& release) {
    std::vector<health::BuiltIn> checks{
        {"release", health::Kind::Wanted, [release] { return look_at_release(release); }}};
    if (release && (release->tpm == TpmNeed::Required || release->tpm == TpmNeed::Late))
        checks.push_back(
            {"tpm", health::Kind::Required, [root, need = release->tpm] { return look_at_tpm(root, need); }});
    return checks;
}

std::string check_line(const Outcome& outcome) {
    auto line = std::format("holdfast: check {} {} {} {:.2f}s", health::text(outcome.kind), outcome.name,
                            health::text(outcome.answer), outcome.seconds);
    if (outcome.answer != Answer::Healthy && !outcome.last_words.empty()) line += ": " + outcome.last_words;
    return line;
}

std::string verdict_line(const Status& status, int tries_left) {
    const auto& checks = status.health.checks;
    const auto healthy = std::ranges::count(checks, Answer::Healthy, &Outcome::answer);
    return std::format("holdfast: verdict {} slot={} tries_left={} board={} profile={} version={} checks={}/{}",
                       health::text(status.health.verdict),
                       status.slot ? std::string(1, boot::letter(*status.slot)) : "unknown", tries_left,
                       or_unknown(status.release, &Release::board), or_unknown(status.release, &Release::profile),
                       or_unknown(status.release, &Release::version), healthy, checks.size());
}

void carry_out(Action action, const fs::path& root, const Reboot& reboot, const Say& say) {
    if (!reboots(action)) return;
    if (action == Action::GiveUp) {
        // Where the name cannot be changed the reboot tries this slot again, which ends in the same place.
        const auto slot = boot::booted_slot(root);
        const auto given_up =
            slot ? boot::give_up_slot(root / "efi", boot::letter(*slot)) : std::unexpected(slot.error());
        if (!given_up) say(Audience::Journal, "holdfast: " + given_up.error().what + ", ignoring");
    }
    const auto asked = reboot();
    if (asked) return;
    const std::string why = "red: staying up, since " + asked.error().what;
    say(Audience::Console, "holdfast: " + why);
    auto report = health::read_report(root);
    if (!report) return;
    report->explanation = why + "; " + health::explain(report->checks);
    if (auto written = health::write_report(root, *report); !written)
        say(Audience::Journal, "holdfast: " + written.error().what + ", ignoring");
}

Action run_deadline(const fs::path& root, const Say& say, const std::function<void()>& reach_esp) {
    const auto standing = boot::standing_at_boot(root);
    if (!std::holds_alternative<boot::Tries>(standing)) return Action::None;
    const auto deadline = update::load_settings(root).value_or(update::Settings{}).deadline;
    wait_for_deadline(root, deadline);
    reach_esp();
    const std::string why = unfinished(root, deadline);
    if (why.empty()) return Action::None;
    Status status = observe(root);
    status.health = {Verdict::Red, why, {}};
    const Action action = decide_for(root, status, standing);
    leave_note(root, status, standing, why, say);
    say(Audience::Console, "holdfast: " + why + "; " + std::string(words(action)));
    react(root, Verdict::Red, {}, say);
    return action;
}

Action run_health(const fs::path& root, const health::Limits& limits, const Say& say) {
    Status status = observe(root);
    const bool first = !fs::exists(root / health::report_directory / health::report_name);
    const auto release = load_release(root);
    if (release && release->stage == Stage::Development)
        say(Audience::Console, "holdfast: DEVELOPMENT IMAGE: not for production");
    const auto findings = health::run_checks(root, built_in_checks(root, release), limits,
                                             [&](const health::Heard& heard) { say_check(heard, say); });
    for (const auto& notice : findings.notices) say(Audience::Console, "holdfast: " + notice);

    status.health = {health::decide(findings.outcomes), health::explain(findings.outcomes), findings.outcomes};
    const auto standing = look_at_standing(root, status.slot, status.health.verdict, first);
    const Action action = decide_for(root, status, standing);
    if (action != Action::None) {
        status.health.explanation = std::string(words(action)) + "; " + status.health.explanation;
        say(Audience::Console, "holdfast: " + std::string(words(action)));
    }
    leave_note(root, status, standing, health::explain(findings.outcomes), say);
    if (auto written = health::write_report(root, status.health); !written)
        say(Audience::Console, "holdfast: the report is not written, status stays unknown: " + written.error().what);
    const auto* tries = std::get_if<boot::Tries>(&standing);
    say(Audience::Console, verdict_line(status, tries ? static_cast<int>(tries->left) : -1));
    react(root, status.health.verdict, limits, say);
    return action;
}

}  // namespace holdfast::agent
