// The writing: partitions, system, boot loader. Everything before this only looked.
#pragma once

#include "install/answers.hpp"
#include "install/disk.hpp"
#include "install/report.hpp"
#include "install/sealing.hpp"

namespace holdfast::install {

struct Job {
    std::filesystem::path disk;         // the whole disk's node
    std::filesystem::path definitions;  // repart.d of the image
    std::filesystem::path repo;         // the medium's repository; already verified
    std::filesystem::path keyring;
    std::string commit;
    std::string hostname;                            // "" leaves the image's
    std::vector<std::string> authorized_keys;        // for root
    std::filesystem::path work;                      // mount points and definitions in between
    std::optional<Sealing> sealing;                  // of /var; nothing leaves it open
    std::optional<identity::Invitation> invitation;  // to an authority
};

// Erases the disk and installs slot a. The ESP carries `unfinished_label` until the very last write, so after a cut
// at any moment the disk is either empty, or known as unfinished and taken again without further consent.
Result<> install_on(const Job& job, Report& report);

// Its three parts, in order; each works on a disk image as well as on a disk.

struct Partitions {
    std::filesystem::path esp, system, var;  // nodes; of an image file, names that do not exist
};

// Erases the disk and makes the partitions and their file systems; the ESP carries `unfinished_label`.
Result<Partitions> partition(const Job& job);

// Fills two mounted file systems, the boot loader last: a disk without one is passed over by the firmware, which
// then starts the medium again.
Result<> fill(const Job& job, const std::filesystem::path& esp, const std::filesystem::path& sysroot, Report& report);

// Gives the ESP its final label, in one write: from now on the disk holds an installation.
Result<> name_finally(const Job& job);

// What the definitions need in all, with the partition table: bytes.
Result<std::uint64_t> needed_size(const std::filesystem::path& definitions);

}  // namespace holdfast::install
