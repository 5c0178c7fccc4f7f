#include "agent/decision.hpp"

namespace holdfast::agent {

namespace {

using health::Verdict;

static_assert(decide(Verdict::Green, Trial::LastTry, Fallback::Bootable, Patience::FallBack) == Action::None);
static_assert(decide(Verdict::Unknown, Trial::TriesLeft, Fallback::None, Patience::FallBack) == Action::None);
static_assert(decide(Verdict::Red, Trial::Blessed, Fallback::Bootable, Patience::FallBack) == Action::StayBlessed);
static_assert(decide(Verdict::Red, Trial::TriesLeft, Fallback::Bootable, Patience::FallBack) == Action::GiveUp);
static_assert(decide(Verdict::Red, Trial::TriesLeft, Fallback::None, Patience::FallBack) == Action::Reboot);

}  // namespace

Trial trial_of(const boot::Standing& standing) {
    if (const auto* tries = std::get_if<boot::Tries>(&standing))
        return tries->left > 0 ? Trial::TriesLeft : Trial::LastTry;
    return std::holds_alternative<boot::Blessed>(standing) ? Trial::Blessed : Trial::Untold;
}

Fallback fallback_of(boot::Slot booted, const Result<std::vector<boot::Entry>>& entries) {
    if (!entries) return Fallback::Untold;
    for (const auto& entry : *entries)
        if (entry.slot != booted && boot::bootable(entry)) return Fallback::Bootable;
    return Fallback::None;
}

std::string_view words(Action action) {
    switch (action) {
        case Action::None: break;
        case Action::Reboot: return "red: rebooting to try this slot again";
        case Action::GiveUp: return "red: giving this slot up; rebooting into the other slot";
        case Action::FallBack: return "red: no tries left; rebooting into the other slot";
        case Action::StayAlone: return "red: no other slot to fall back to; staying up for a person";
        case Action::StayBlind: return "red: cannot see what a reboot would start; staying up for a person";
        case Action::StayBlessed: return "red: this slot was good before; staying up for a person";
    }
    return "";
}

}  // namespace holdfast::agent
