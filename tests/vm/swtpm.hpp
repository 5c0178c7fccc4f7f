// A software TPM 2.0: a child that serves one machine and keeps its state in a folder.
#pragma once

#include "base/handle.hpp"
#include "base/process.hpp"

#include <filesystem>

namespace holdfast::vm {

struct Swtpm {
    Child child;
    Fd wire;  // the control channel; QEMU inherits it

    // Makes `state` where it is missing; what is in it is the TPM of that machine (its seeds, its counters).
    static Result<Swtpm> start(const std::filesystem::path& state, const std::filesystem::path& log);
};

}  // namespace holdfast::vm
