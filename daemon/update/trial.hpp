// What a start of the box means for the update that is going on. Pure.
#pragma once

#include "boot/slots.hpp"
#include "update/journal.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::update {

// What can be known after a start.
struct Seen {
    std::optional<char> slot;          // that runs, 'a' or 'b'
    std::string commit;                // that runs; "" where it cannot be told
    std::vector<boot::Entry> entries;  // on the ESP
    bool entries_known = false;        // false: the ESP could not be read
    std::string boot;                  // id of this start
};

// What the failed slot left behind.
struct Evidence {
    std::string red;    // why its last verdict was red; "" where it gave none
    std::string panic;  // the kernel's last words, from pstore; "" where there are none
};

struct Finding {
    Event event = Event::BootedNew;
    std::string cause;
};

// Nothing where the start says nothing about the attempt.
std::optional<Finding> judge(const Attempt& attempt, const Seen& seen, const Evidence& evidence);

}  // namespace holdfast::update
