// An installation in a virtual machine: the medium, the answers, and what the installer said at its end.
#pragma once

#include "vm/machine.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace holdfast::vm {

// The last words of the installer: "holdfast-install: done…", "…: refused: WHY" or "…: failed: WHY".
struct Ended {
    enum class How { Done, Refused, Failed } how;
    std::string words;  // behind "holdfast-install: "
    double seconds = 0;
};
Result<Ended> wait_for_installer(Machine& machine, Deadline deadline);

// What it said of the disks that it did not take, since line `from` of the console.
std::vector<std::string> passed_over(const Machine& machine, std::size_t from = 0);

// The install.yaml that takes the disk with this serial number and then powers off.
std::string answers_for(const std::string& serial);

// A copy of the ISO with these answers on it. `program` is holdfast-image.
Result<> customize(const std::filesystem::path& program, const std::filesystem::path& iso, const std::string& answers,
                   const std::filesystem::path& into);

// Writes /install.yaml onto the FAT partition of an ISO that lies on a stick.
Result<> put_on_stick(const std::filesystem::path& stick, const std::string& answers);

}  // namespace holdfast::vm
