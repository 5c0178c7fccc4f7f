#include "update/trial.hpp"

#include <algorithm>

namespace holdfast::update {

namespace {

const boot::Entry* entry_of(const Attempt& attempt, const std::vector<boot::Entry>& entries) {
    const auto found = std::ranges::find_if(entries, [&](const boot::Entry& entry) {
        return boot::letter(entry.slot) == attempt.slot && entry.generation == attempt.generation;
    });
    return found == entries.end() ? nullptr : &*found;
}

long starts_of(const Attempt& attempt) {
    return std::ranges::count(attempt.story, Event::BootedNew, &Happening::event);
}

std::string times(unsigned count) {
    return count == 1 ? "once" : std::to_string(count) + " times";
}

// Why a slot ran out of tries, from what it left behind.
std::string why_out(const Attempt& attempt, unsigned tried, const Evidence& evidence) {
    const long starts = starts_of(attempt);
    if (!evidence.red.empty()) return "its health checks were red: " + evidence.red;
    std::string why = "it was started " + times(tried);
    if (starts == 0)
        why += " and never came to its first check: the kernel or its initrd failed";
    else
        why += ", came up " + times(static_cast<unsigned>(starts)) + ", and gave no verdict";
    if (!evidence.panic.empty()) why += "; the kernel's last words: " + evidence.panic;
    return why;
}

bool asked_in_this_start(const Attempt& attempt, const Seen& seen) {
    return !attempt.story.empty() && attempt.story.back().at.boot == seen.boot;
}

std::optional<Finding> went_back(const Attempt& attempt, const Seen& seen, const Evidence& evidence) {
    const boot::Entry* entry = entry_of(attempt, seen.entries);
    if (!entry) return Finding{Event::BootedOld, "its entry is gone from the EFI system partition"};
    if (!entry->tries) return Finding{Event::BootedOld, "it had passed, but the other slot was started again"};
    // Cut between the decision and the loader's counter: it is armed when the update goes on.
    if (*entry->tries == boot::Tries{0, 0}) return std::nullopt;
    if (entry->tries->left == 0) return Finding{Event::BootedOld, why_out(attempt, entry->tries->done, evidence)};
    if (entry->tries->done > 0)
        return Finding{Event::BootedOld, "the other slot was started while this one had " +
                                             std::to_string(entry->tries->left) +
                                             " tries left: by hand, or by the firmware"};
    // Never tried: the restart has not come yet, or something else than systemd-boot's order decides here.
    if (asked_in_this_start(attempt, seen)) return std::nullopt;
    return Finding{Event::BootedOld,
                   "the boot loader did not start it, though it stood first; look for LoaderEntryDefault and at the "
                   "firmware's boot order"};
}

}  // namespace

std::optional<Finding> judge(const Attempt& attempt, const Seen& seen, const Evidence& evidence) {
    if (!seen.slot || seen.commit.empty()) return std::nullopt;
    const bool runs = *seen.slot == attempt.slot && seen.commit == attempt.commit;
    if (runs) {
        const bool known = attempt.state == State::Trying && asked_in_this_start(attempt, seen);
        const bool expected = armed(attempt.state) || attempt.state == State::WaitingForWindow;
        return expected && !known ? std::optional(Finding{Event::BootedNew, ""}) : std::nullopt;
    }
    if (!armed(attempt.state) || !seen.entries_known) return std::nullopt;
    return went_back(attempt, seen, evidence);
}

}  // namespace holdfast::update
