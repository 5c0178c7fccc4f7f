// systemd-boot on the ESP. It lies there twice: where our boot entry names it, and where firmware looks by itself
// (UEFI 2.10, section 3.5.1.1).
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::boot {

// Makes sure that
// - the image that runs, under `root`, has its boot loader on the ESP, unless a newer one is there or the firmware
//   would not start it: revocations reach boot loaders, too, and the slots of a box come and go without one,
// - both places have the same bytes; the one that is whole is copied over the other.
// A sentence for each change; an Error alone where one follows.
// Only for an image that has passed its trial. Never beside something else that writes the boot loader.
Result<std::vector<std::string>> restore_loader(const std::filesystem::path& root);

}  // namespace holdfast::boot
