// A way into an image that has none: the guest agent of this build root, laid into a copy of its disk from outside. The
// image itself is never changed, and needs to know nothing of it.
#pragma once

#include "vm/disk.hpp"

namespace holdfast::vm {

// Where it lies in the guest, with the libraries of its own that it runs on.
inline constexpr auto stowaway_folder = "/usr/lib/holdfast-test";

// Puts the agent and a unit that starts it, early and also where /var is locked, into the deployment of slot a.
// NotFound where the build root has no qemu-ga.
Result<> hide_agent(const System& system);

}  // namespace holdfast::vm
