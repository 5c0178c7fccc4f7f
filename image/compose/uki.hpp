// The unified kernel image and the slot addons, by ukify(1): everything the firmware will be asked to trust.
#pragma once

#include "keys/keys.hpp"
#include "keys/pcr.hpp"

#include <filesystem>
#include <string>

namespace holdfast::compose {

// The keys, and the time (seconds since the epoch) that signatures carry.
struct Signer {
    const keys::Keys& keys;
    std::string time;
};

struct UkiParts {
    std::filesystem::path linux_image, initrd, os_release;
    std::filesystem::path microcode;  // empty: none
    std::string cmdline, kernel_version;
    std::string architecture;  // x86-64 or arm64
    // Those whose disks it unseals, the newest first; none for a system that has no business with them.
    std::vector<keys::PcrKey> pcr_keys;
};

// Builds and signs `into`.
Result<> build_uki(const UkiParts& parts, const Signer& signer, const std::filesystem::path& into);

// The few kilobytes that make a UKI boot slot 'a' or 'b': ostree-prepare-root(1) follows /ostree/root.SLOT.
Result<> build_addon(char slot, const std::string& architecture, const Signer& signer,
                     const std::filesystem::path& into);

// systemd-boot from the tree, signed with our key.
Result<> sign_loader(const std::filesystem::path& tree, const std::string& architecture, const Signer& signer,
                     const std::filesystem::path& into);

}  // namespace holdfast::compose
