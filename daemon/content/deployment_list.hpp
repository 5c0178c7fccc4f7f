// libostree keeps its list of deployments as boot loader entries below boot/loader, which nothing of ours boots from.
// systemd-repart leaves the contents of boot/ out of the disks that it fills (they could be those of a mounted
// partition), and a folder can be lost: then the list is written anew from the links that the deployments have.
#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace holdfast::content {

// Nothing to do where the list is there, and where nothing was deployed yet.
Result<> restore_deployment_list(const std::filesystem::path& sysroot);

}  // namespace holdfast::content
