// Asks holdfastd over D-Bus; the only way in which the command line tool learns anything.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::cli {

struct Check {
    std::string name, kind, answer, last_words;
    double seconds = 0;
};

struct Identity {
    std::string id, standing, reason, term;  // all "": the daemon does not tell
    std::int64_t until = 0;
};
struct Storage {
    std::string state, reason;
};

// The properties of org.holdfast.Box1, whose contract says what they mean.
struct Box {
    std::string board, profile, runtime, version, commit, slot, secure_boot, tpm, verdict, explanation;
    std::string trust = "unknown", trust_reason;
    std::vector<std::string> options;
    std::int32_t tries_left = -1;
    bool development = false;
    Identity identity;
    Storage storage;
    std::vector<Check> checks;
};

// Asks on the bus at `address`, or on the system bus where that is empty. Offline where the bus or the daemon does not
// answer within ten seconds. Properties that this tool does not know are passed over.
Result<Box> ask(const std::string& address);

}  // namespace holdfast::cli
