// Ctrl-C and friends as a descriptor, so that machines and scratch folders go in order when a person has enough.
#pragma once

#include "base/handle.hpp"
#include "base/result.hpp"

namespace holdfast::vm {

// Takes SIGINT, SIGTERM and SIGHUP from this process; its children get them back as they start.
// Readable once one has come, and ever after.
Result<Fd> catch_interrupts();

}  // namespace holdfast::vm
