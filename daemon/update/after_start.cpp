// The updater's steps after a start: what became of the update, and the data that goes with its slot.
#include "base/crash_point.hpp"
#include "boot/esp.hpp"
#include "boot/slots.hpp"
#include "content/trust.hpp"
#include "update/evidence.hpp"
#include "update/pause.hpp"
#include "update/snapshot.hpp"
#include "update/trial.hpp"
#include "update/updater.hpp"

#include <algorithm>

namespace holdfast::update {

namespace fs = std::filesystem;

namespace {

bool has_come_up(const Attempt& attempt) {
    return std::ranges::contains(attempt.story, Event::BootedNew, &Happening::event);
}

}  // namespace

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
    if (has_come_up(attempt)) return {};
    const auto paths = paths_to_keep();
    if (paths.empty()) return {};
    const Pause pause(ports_.root);
    const auto taken = take_snapshot(ports_.root, paths, bond_of(attempt), moment().wall, {attempt.commit});
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
    if (!attempt.goes_back() || attempt.keep_data) return {};
    const auto bond = snapshot_of(ports_.root, attempt.commit);
    if (!bond) return "with the runtime's data as it is: none of then is kept";
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

// What is said of the data of before.
std::string Updater::put_data_back(Attempt& attempt) {
    if (attempt.restored) return {};
    const Pause pause(ports_.root);
    const auto restored = restore_snapshot(ports_.root, bond_of(attempt));
    attempt.restored = true;
    if (!restored) {
        const std::string said = "the runtime's data of before could not be brought back: " + restored.error().what;
        attempt.cause += "; " + said;
        notice(said);
        return said;
    }
    if (*restored) return "with the runtime's data of before";
    return has_come_up(attempt) && !paths_to_keep().empty()
               ? "with the runtime's data as the new version left it: none was saved"
               : "";
}

// What failed must not come first again, and what it did to the runtime's data is undone, as long as the runtime does
// not run. An ESP that cannot be written does not keep the data from coming back; the next start tries it again.
Result<std::string> Updater::undo(Phase phase) {
    Attempt& attempt = *journal_.current();
    const auto said = [&] { return "version " + attempt.version + " was rolled back: " + attempt.cause; };
    const auto given_up = boot::give_up_slot(ports_.root / "efi", attempt.slot);
    crash_point("update.given-up");
    if (phase == Phase::Late && !attempt.restored && snapshot_of(ports_.root, attempt.from) == bond_of(attempt))
        return said() + "; the runtime's data of before comes back at the next start";
    const std::string data = put_data_back(attempt);
    crash_point("update.put-back");
    if (!given_up && given_up.error().code != Code::NotFound) {
        TRY(save());
        return std::unexpected(given_up.error());
    }
    TRY(step(Event::Restored, data));
    // It is where it belongs now; a disk that is full because of it would stay full.
    if (auto dropped = drop_snapshot(ports_.root, attempt.from); !dropped) notice(dropped.error().what);
    return said();
}

Result<std::string> Updater::look_back(Phase phase) {
    Attempt* attempt = journal_.current();
    if (!attempt) return std::string();
    if (attempt->state == State::RolledBack) return undo(phase);
    const std::int64_t since = attempt->story.empty() ? 0 : attempt->story.back().at.wall;
    const auto finding = judge(*attempt, look_around(), gather(ports_.root, attempt->commit, since));
    if (!finding) return std::string();
    std::string said = finding->cause;
    if (finding->event == Event::BootedNew)
        said += phase == Phase::Early ? keep_data(*attempt) : "seen late; the runtime's data was not saved";
    attempt->cause = finding->cause;
    const auto noted = step(finding->event, said);
    // A disk that the new version filled does not keep its data: bringing the old back makes room.
    if (!noted && finding->event != Event::BootedOld) return std::unexpected(noted.error());
    crash_point("update.judged");
    if (finding->event == Event::BootedOld) return undo(phase);
    return "version " + attempt->version + " runs, on trial in slot " + attempt->slot;
}

Result<std::string> Updater::settle() {
    return look_back(Phase::Early);
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
    static_cast<void>(TRY(look_back(Phase::Late)));
    Attempt* attempt = journal_.current();
    if (!attempt || ended(attempt->state))
        if (auto pruned = prune_aged_snapshots(ports_.root, moment().wall); !pruned) notice(pruned.error().what);
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
