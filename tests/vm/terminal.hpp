// A person's terminal on a machine's console.
#pragma once

#include "vm/machine.hpp"

namespace holdfast::vm {

// Both ends of our own standard streams are a terminal.
bool on_terminal();

// Passes keys and output both ways until Ctrl-A X is typed (Ctrl-A Ctrl-A sends one Ctrl-A) or the machine ends.
Result<> attach(Machine& machine);

// What is to be sent and whether to leave, key by key; pure.
class Keys {
public:
    // The bytes for the machine out of what was typed.
    std::string take(std::string_view pressed);
    bool left() const { return left_; }

private:
    bool after_prefix_ = false, left_ = false;
};

}  // namespace holdfast::vm
