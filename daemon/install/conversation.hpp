// What a person at the console is asked where no install.yaml decides.
#pragma once

#include "install/choose.hpp"
#include "install/console.hpp"

namespace holdfast::install {

struct Agreed {
    Disk disk;
    std::string hostname;
};

// Shows the disks, asks for one, and for consent where something would be lost. Denied where the person ends it or no
// disk can be used.
Result<Agreed> converse(Console& console, const std::vector<Disk>& disks, std::uint64_t needed);

// A PIN for the disk, typed twice and shown nowhere.
Result<std::string> ask_new_pin(Console& console);

void show_refused(Console& console, const std::vector<Refusal>& refused);

}  // namespace holdfast::install
