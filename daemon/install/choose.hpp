// Which disk to install on. Pure: disks and wishes in, a choice or the reasons against it out.
#pragma once

#include "install/answers.hpp"
#include "install/disk.hpp"

#include <optional>

namespace holdfast::install {

struct Refusal {
    std::string disk;  // "vda (QEMU HARDDISK, 8.0 GiB)"
    std::string reason;
};

// Whether install.yaml decides, or a person at the console does.
struct Wish {
    Selector disk;
    bool wipe = false;
    bool reinstall = false;
    std::string medium;  // the id of the medium that the installer came from
};

struct Choice {
    std::optional<Disk> disk;  // none: `why` says it in one sentence
    std::string why;
    std::vector<Refusal> refused;  // every other disk, in the order of `disks`
};

// The one disk that the wish allows. `needed` is in bytes.
Choice choose(const std::vector<Disk>& disks, const Wish& wish, std::uint64_t needed);

// Why nothing on earth makes this disk a target ("" where something does): the medium, another medium, read-only,
// removable (install.yaml may name one), in use, too small. A person at the console is offered the disks for which this
// is empty.
std::string never(const Disk& disk, std::uint64_t needed);

// What would be lost, in one line, or "" where nothing would: an unfinished installation holds nothing.
std::string would_lose(const Disk& disk);

std::string describe(const Disk& disk);
std::string in_gib(std::uint64_t bytes);  // "8.0 GiB"

}  // namespace holdfast::install
