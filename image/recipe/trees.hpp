// The trees that an image is composed of: the halves of a build meet here, on one computer or two.
#pragma once

#include "recipe/mkosi.hpp"

namespace holdfast::recipe {

struct Trees {
    std::filesystem::path folder;
    bool installer = true;

    std::filesystem::path root() const { return folder / "root"; }  // the box's system, as mkosi left it
    // "initrd" or "installer": an uncompressed cpio archive, and what the bill of materials needs of it.
    std::filesystem::path archive(const std::string& which) const { return folder / (which + ".cpio"); }
    std::filesystem::path packages(const std::string& which) const { return folder / (which + ".packages"); }
};

// Runs mkosi for all of them, side by side; shows each as a step.
Result<Trees> make_trees(const Recipe& recipe, const Workplace& at, bool installer);

// The trees in a folder, where make_trees() or a person put them. NotFound names what is not there; Corrupt where the
// root tree is no longer as mkosi left it.
Result<Trees> find_trees(const std::filesystem::path& folder, bool installer);

}  // namespace holdfast::recipe
