// Runs the checks of a box and collects their outcomes.
#pragma once

#include "health/verdict.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::health {

struct Limits {
    std::chrono::seconds required{60};  // for one required check
    std::chrono::seconds wanted{30};    // for one wanted check
    std::chrono::seconds all{300};      // for all together; a check whose turn does not come cannot tell
};

// A look of our own, for what a script would be slow or clumsy at. It must not wait.
struct BuiltIn {
    std::string name;
    Kind kind = Kind::Required;
    std::function<Outcome()> look;  // name, kind and seconds are filled in by the runner
};

// One finished check, with up to 16 KiB of the end of what it wrote (both streams, in order).
struct Heard {
    Outcome outcome;
    std::string output;
};
using Listener = std::function<void(const Heard&)>;

struct Findings {
    std::vector<Outcome> outcomes;  // required ones first, each kind in the order it ran
    std::vector<std::string> notices;
};

// Runs every built-in and every script of check/required.d and check/wanted.d under `root`, and all of them also
// where one is sick, so that every cause is known. Required and wanted checks run beside each other; within a kind
// one after the other. A script that does not end within its limit is killed with its process group and is sick.
// `listener` hears of each check when it ends, from one thread at a time.
Findings run_checks(const std::filesystem::path& root, const std::vector<BuiltIn>& built_ins, const Limits& limits,
                    const Listener& listener);

// Runs green.d or red.d, each script for at most `limits.wanted` and all for at most `limits.all`, since a reboot may
// wait for them. The outcomes are of kind Wanted, since nothing depends on them.
std::vector<Outcome> run_reactions(const std::filesystem::path& root, Verdict verdict, const Limits& limits);

}  // namespace holdfast::health
