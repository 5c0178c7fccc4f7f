// Asking systemd to reboot.
#pragma once

#include "base/result.hpp"

#include <string>

namespace holdfast::agent {

// Starts reboot.target and returns when systemd has taken the job (the box then goes down around us).
// Asks over the system bus, and over systemd's own socket where the bus does not answer within five seconds:
// a box may be red because of its bus. In emergency mode systemd takes no such job; then all processes are killed,
// the disks unmounted, and the box reboots without stopping its units. Offline where systemd could not be asked at all.
Result<> request_reboot();

}  // namespace holdfast::agent
