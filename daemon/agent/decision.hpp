// What a box does after its verdict. Pure: a table over what is known.
#pragma once

#include "base/result.hpp"
#include "boot/slots.hpp"
#include "health/verdict.hpp"

#include <string_view>
#include <vector>

namespace holdfast::agent {

enum class Action {
    None,         // green, or no verdict yet: systemd blesses a green slot
    Reboot,       // red on trial: systemd-boot counts the next try
    GiveUp,       // red on trial, and another slot is there: its tries are taken away, and a reboot ends in the other
    FallBack,     // red and out of tries: the same reboot, which now ends in the other slot
    StayAlone,    // red and out of tries, but there is nothing to fall back to
    StayBlind,    // red, and the boot loader's counters or the ESP cannot be read: a reboot might go on for ever
    StayBlessed,  // red in a slot that was good before: a reboot would end here again
};

enum class Trial { TriesLeft, LastTry, Blessed, Untold };
enum class Fallback { Bootable, None, Untold };
// Whether a slot that was red once gets its other tries, too (red: in update.yaml).
enum class Patience { FallBack, TryAgain };

Trial trial_of(const boot::Standing& standing);
// Whether systemd-boot has another slot to start than `booted`, given the entries on the ESP.
Fallback fallback_of(boot::Slot booted, const Result<std::vector<boot::Entry>>& entries);

constexpr Action decide(health::Verdict verdict, Trial trial, Fallback fallback, Patience patience) {
    if (verdict != health::Verdict::Red) return Action::None;
    switch (trial) {
        case Trial::TriesLeft:
            return patience == Patience::FallBack && fallback == Fallback::Bootable ? Action::GiveUp : Action::Reboot;
        case Trial::Blessed: return Action::StayBlessed;
        case Trial::Untold: return Action::StayBlind;
        case Trial::LastTry: break;
    }
    switch (fallback) {
        case Fallback::Bootable: return Action::FallBack;
        case Fallback::None: return Action::StayAlone;
        case Fallback::Untold: break;
    }
    return Action::StayBlind;
}

constexpr bool reboots(Action action) {
    return action == Action::Reboot || action == Action::GiveUp || action == Action::FallBack;
}

// One sentence for console, journal and status; empty for None.
std::string_view words(Action action);

}  // namespace holdfast::agent
