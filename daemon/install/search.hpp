// Finding the medium that the installer was started from, among disks that may still be waking up.
#pragma once

#include "install/medium.hpp"
#include "install/mount.hpp"
#include "install/report.hpp"

#include <chrono>

namespace holdfast::install {

struct Located {
    std::filesystem::path device;      // the whole disk
    Mount mount;                       // its ISO 9660 file system, read-only
    std::vector<std::string> answers;  // each install.yaml: of the ISO's root, of the FAT partition beside it
};

// The value of holdfast.medium= on a kernel command line. Denied where it is missing or not 32 hex digits: then this
// is no installer.
Result<std::string> medium_on(std::string_view cmdline);

// Waits for udev to show a disk whose medium.json has this id. Offline after `limit`.
Result<Located> find_medium(const std::string& id, Report& report,
                            std::chrono::seconds limit = std::chrono::seconds(60));

}  // namespace holdfast::install
