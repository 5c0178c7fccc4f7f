// The life of an update, as one table.
#pragma once

#include <optional>
#include <string_view>

namespace holdfast::update {

enum class State {
    Idle,              // nothing to do
    Downloading,       // its content is fetched and unpacked
    Staged,            // all of it is in the repository; waits for somebody who wants it
    WaitingForWindow,  // somebody wants it, as soon as its window opens
    Rebooting,         // the spare slot is the one that starts next
    Trying,            // it runs, on trial
    Good,              // it passed its trial
    RolledBack,        // the other slot runs again; what belongs to it is brought back
    Held,              // and this commit is not taken again
};

enum class Event {
    Found,       // there is a newer commit
    Pulled,      // its content is all there
    Superseded,  // a newer commit came, or a person gave this one up
    Closed,      // it is wanted, and its window is closed
    Written,     // the spare slot holds it, read back and compared, and cannot be started yet
    Opened,      // the window is open, or a person does not want to wait
    BootedNew,   // the slot of the update runs
    BootedOld,   // the other slot runs, and this one will not start again by itself
    Passed,      // systemd-boot counts it no more: it is green and blessed
    Restored,    // data that goes with the slot is as it was, the failed slot is put away
    Released,    // a person wants it to be tried again
    Left,        // a person went back to the slot before
};

struct Step {
    State from;
    Event on;
    State to;
};

inline constexpr Step steps[] = {
    {State::Idle, Event::Found, State::Downloading},
    {State::Downloading, Event::Pulled, State::Staged},
    {State::Downloading, Event::Superseded, State::Idle},
    {State::Staged, Event::Closed, State::WaitingForWindow},
    {State::Staged, Event::Written, State::WaitingForWindow},
    {State::WaitingForWindow, Event::Written, State::WaitingForWindow},
    {State::Staged, Event::Superseded, State::Idle},
    {State::WaitingForWindow, Event::Opened, State::Rebooting},
    {State::WaitingForWindow, Event::Superseded, State::Idle},
    // Somebody chose it in the boot loader's menu.
    {State::WaitingForWindow, Event::BootedNew, State::Trying},
    {State::Rebooting, Event::BootedNew, State::Trying},
    {State::Trying, Event::BootedNew, State::Trying},  // its next try
    {State::Rebooting, Event::BootedOld, State::RolledBack},
    {State::Trying, Event::Passed, State::Good},
    {State::Trying, Event::BootedOld, State::RolledBack},
    {State::RolledBack, Event::Restored, State::Held},
    {State::Good, Event::Left, State::Held},
    {State::Held, Event::Released, State::Idle},
};

constexpr std::optional<State> next(State now, Event seen) {
    for (const Step& step : steps)
        if (step.from == now && step.on == seen) return step.to;
    return std::nullopt;
}

// Over, so that another may begin.
constexpr bool ended(State state) {
    return state == State::Idle || state == State::Good || state == State::Held;
}
// From here on the box may start the slot that is written.
constexpr bool armed(State state) {
    return state == State::Rebooting || state == State::Trying;
}

// idle, downloading, staged, waiting-for-window, rebooting, trying, good, rolled-back, held
std::string_view text(State state);
std::optional<State> parse_state(std::string_view text);
std::string_view text(Event event);

}  // namespace holdfast::update
