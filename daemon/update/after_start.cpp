// The updater's steps after a start: what became of the update, and the data that goes with its slot.
#include "base/crash_point.hpp"
#include "boot/esp.hpp"
#include "boot/slots.hpp"
#include "content/trust.hpp"
#include "update/evidence.hpp"
#include "update/snapshot.hpp"
#include "update/trial.hpp"
#include "update/updater.hpp"

#include <algorithm>

namespace holdfast::update {

namespace fs = std::filesystem;

// What the runtime of either version keeps; the old one's list counts even where the new one forgot something.
std::vector<fs::path> Updater::paths_to_keep() const {
    std::vector<fs::path> paths;
    std::vector<fs::path> roots{ports_.root};
    std::error_code none;
    for (const char* link : {"ostree/root.a", "ostree/root.b"})
        if (const fs::path target = fs::read_symlink(ports_.root / link, none); !none)
            roots.push_back(ports_.root / "ostree" / target);
    for (const auto& root : roots) {
        const auto found = state_paths(root);
        if (!found) notice(found.error().what);
        for (const auto& path : found.value_or(std::vector<fs::path>()))
            if (!std::ranges::contains(paths, path)) paths.push_back(path);
    }
    return paths;
}

// The first start of a new version: its runtime does not run yet. At a later one it has, and what it left is nobody's
// data of before. What there is to tell of it.
std::string Updater::keep_data(const Attempt& attempt) {
    if (std::ranges::contains(attempt.story, Event::BootedNew, &Happening::event)) return {};
    const auto paths = paths_to_keep();
    if (paths.empty()) return {};
    const auto taken = take_snapshot(ports_.root, paths, bond_of(attempt), moment().wall);
    if (taken) return bring_back(attempt);
    const std::string said =
        "what the runtime keeps could not be saved, so a rollback will find it as the new version leaves it: " +
        taken.error().what;
    notice(said);
    return said;
}

// Who goes back by hand gets the data that the older version left, unless they want what is there. What is there was
// saved before, so nothing is lost by it.
std::string Updater::bring_back(const Attempt& attempt) {
    if (!attempt.source.starts_with("slot ") || attempt.keep_data) return {};
    const auto bond = snapshot_of(ports_.root, attempt.commit);
    if (!bond) return {};
    const auto restored = restore_snapshot(ports_.root, *bond);
    if (restored && *restored) return "with the runtime's data of then";
    const std::string said = "the runtime's data of then could not be brought back" +
                             (restored ? std::string() : ": " + restored.error().what);
    notice(said);
    return said;
}

Bond Updater::bond_of(const Attempt& attempt) {
    const Moment began = attempt.story.empty() ? Moment{} : attempt.story.front().at;
    return {.of = attempt.from,
            .before = attempt.commit,
            .trial = began.boot.substr(0, 8) + "-" + std::to_string(began.uptime)};
}

Seen Updater::look_around() const {
    Seen seen{.slot = {}, .commit = {}, .entries = {}, .entries_known = false, .boot = moment().boot};
    if (const auto here = running()) {
        seen.slot = boot::letter(here->slot);
        seen.commit = here->commit;
    }
    if (auto entries = boot::entries(ports_.root)) {
        seen.entries = *std::move(entries);
        seen.entries_known = true;
    }
    return seen;
}

// What failed must not come first again, and what it did to the runtime's data is undone.
Result<std::string> Updater::undo() {
    const Attempt& attempt = *journal_.current();
    if (auto given_up = boot::give_up_slot(ports_.root / "efi", attempt.slot);
        !given_up && given_up.error().code != Code::NotFound)
        return std::unexpected(given_up.error());
    crash_point("update.given-up");
    const auto restored = restore_snapshot(ports_.root, bond_of(attempt));
    if (!restored) return std::unexpected(restored.error());
    TRY(step(Event::Restored, *restored ? "with the runtime's data of before" : ""));
    return "version " + attempt.version + " was rolled back: " + attempt.cause;
}

Result<std::string> Updater::settle() {
    Attempt* attempt = journal_.current();
    if (!attempt) return std::string();
    if (attempt->state == State::RolledBack) return undo();
    const std::int64_t since = attempt->story.empty() ? 0 : attempt->story.back().at.wall;
    const auto finding = judge(*attempt, look_around(), gather(ports_.root, attempt->commit, since));
    if (!finding) return std::string();
    std::string said = finding->cause;
    if (finding->event == Event::BootedNew) said += keep_data(*attempt);
    attempt->cause = finding->cause;
    TRY(step(finding->event, said));
    crash_point("update.judged");
    if (finding->event == Event::BootedOld) return undo();
    return "version " + attempt->version + " runs, on trial in slot " + attempt->slot;
}

// A keyring says which keys count; that one was revoked counts for the other slot and its older keyring, too.
Result<> Updater::remember_revocations() {
    const auto revoked = content::revoked_in(ports_.root / "usr/share/holdfast/release.gpg");
    if (!revoked) notice("the keys that were revoked cannot be listed: " + revoked.error().what);
    for (const auto& key : revoked.value_or(std::vector<std::string>()))
        if (!std::ranges::contains(journal_.revoked, key)) journal_.revoked.push_back(key);
    return {};
}

Result<bool> Updater::confirm() {
    static_cast<void>(TRY(settle()));
    Attempt* attempt = journal_.current();
    if (!attempt || attempt->state != State::Trying) return false;
    const auto standing = boot::standing_now(ports_.root, TRY(boot::slot_named(attempt->slot)));
    if (!std::holds_alternative<boot::Blessed>(standing)) return false;
    journal_.floor = attempt->time;
    TRY(remember_revocations());
    crash_point("update.passing");
    TRY(step(Event::Passed));
    crash_point("update.passed");
    // A person may still go back: then the data of then goes along.
    if (auto pruned = prune_snapshots(ports_.root, {attempt->from}, moment().wall); !pruned)
        notice(pruned.error().what);
    if (attempt->downgrade) TRY(hold_what_was_left());
    return true;
}

}  // namespace holdfast::update
