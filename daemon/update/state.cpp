#include "update/state.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::update {

namespace {

constexpr std::array states{
    std::pair{State::Idle, "idle"},           std::pair{State::Downloading, "downloading"},
    std::pair{State::Staged, "staged"},       std::pair{State::WaitingForWindow, "waiting-for-window"},
    std::pair{State::Rebooting, "rebooting"}, std::pair{State::Trying, "trying"},
    std::pair{State::Good, "good"},           std::pair{State::RolledBack, "rolled-back"},
    std::pair{State::Held, "held"},
};

// Each state but the last ones is left by some event, and none is left by the same event twice.
constexpr bool is_whole() {
    for (const auto& each : states) {
        const State state = each.first;
        if (!std::ranges::any_of(steps, [state](const Step& step) { return step.from == state; })) return false;
    }
    for (const Step& one : steps)
        if (std::ranges::count_if(steps, [&](const Step& s) { return s.from == one.from && s.on == one.on; }) != 1)
            return false;
    return true;
}
static_assert(is_whole());
static_assert(next(State::Trying, Event::Passed) == State::Good);
static_assert(next(State::Trying, Event::BootedOld) == State::RolledBack);
static_assert(!next(State::Good, Event::BootedOld), "what was good is not rolled back by itself");
static_assert(!next(State::Downloading, Event::Opened), "nothing starts that is not all there");

}  // namespace

std::string_view text(State state) {
    return std::ranges::find(states, state, &std::pair<State, const char*>::first)->second;
}

std::optional<State> parse_state(std::string_view text) {
    for (const auto& [state, name] : states)
        if (name == text) return state;
    return std::nullopt;
}

std::string_view text(Event event) {
    switch (event) {
        case Event::Found: return "found";
        case Event::Pulled: return "pulled";
        case Event::Superseded: return "superseded";
        case Event::Closed: return "window-closed";
        case Event::Written: return "written";
        case Event::Opened: return "window-open";
        case Event::BootedNew: return "booted-new";
        case Event::BootedOld: return "booted-old";
        case Event::Passed: return "passed";
        case Event::Restored: return "restored";
        case Event::Released: return "released";
        case Event::Left: return "left";
    }
    return "";
}

}  // namespace holdfast::update
