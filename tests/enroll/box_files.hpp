// The files of a MeasuredBox where programs look for them.
#pragma once

#include "base/file.hpp"
#include "enroll/measured_box.hpp"

#include <filesystem>

namespace holdfast {

inline void put(const std::filesystem::path& file, std::string_view bytes) {
    good(make_directories(file.parent_path()));
    good(write_whole(file, bytes));
}

inline void put_files(const MeasuredBox& box, const std::filesystem::path& root) {
    put(root / "sys/kernel/security/tpm0/binary_bios_measurements", box.wish.firmware_log);
    put(root / "run/log/systemd/tpm2-measure.log", box.wish.userspace_log);
    put(root / "proc/cmdline", "ro androidboot.slot_suffix=_a\n");
    put(root / "usr/lib/holdfast/release.json",
        R"({"format":1,"board":"generic-x86-64","profile":"dev","runtime":"podman","version":"1.0.0",)"
        R"("options":[],"development":true,"capabilities":{"tpm":"required","secure_boot":true}})");
    good(make_directories(root / "ostree"));
    std::filesystem::create_symlink("deploy/holdfast/deploy/" + std::string(64, 'c') + ".0", root / "ostree/root.a");
}

}  // namespace holdfast
