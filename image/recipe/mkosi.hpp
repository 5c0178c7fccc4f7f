// Runs mkosi for one of the trees of an image. mkosi resolves, installs and caches; what it is to build is
// written here from the recipe.
#pragma once

#include "recipe/recipe.hpp"

namespace holdfast::recipe {

// Where mkosi works. All of it can be thrown away; a build makes what is missing.
struct Workplace {
    std::filesystem::path build;        // configuration, logs and results of this recipe
    std::filesystem::path cache;        // mkosi's cached images and packages, shared by all recipes
    std::filesystem::path apt_sources;  // deb822 file with the mirror to use
    std::filesystem::path debs;         // folder with Holdfast's own package
    std::string seed_time;              // SOURCE_DATE_EPOCH, seconds
    bool incremental = true;            // keep mkosi's cached image for the next build
};

// The root tree of the box: base, runtime, board, profile, overlays, Holdfast's package. Returns the folder.
Result<std::filesystem::path> build_root(const Recipe& recipe, const Workplace& at);

// One of the two systems that live in memory: "initrd" or "installer". Returns an uncompressed cpio archive.
// It is built again only when its recipe changed.
Result<std::filesystem::path> build_memory_system(const Recipe& recipe, const Workplace& at, const std::string& which);

}  // namespace holdfast::recipe
