// Which partition the ESP is, as the firmware names it.
#pragma once

#include "base/result.hpp"
#include "boot/load_option.hpp"

#include <filesystem>

namespace holdfast::boot {

// The partition mounted at /efi: number, start and size from /sys, its UUID from systemd-boot (EFI variable
// LoaderDevicePartUUID), else from udev's links. Looks under `root` ("/" on a box); no device is opened.
// NotFound where nothing is mounted there; Denied where the box was started from another partition than that one, say
// of a stick: then it has no business with this one.
Result<Partition> esp_partition(const std::filesystem::path& root);

}  // namespace holdfast::boot
