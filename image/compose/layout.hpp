// Turns mkosi's root tree into the tree of an ostree commit: /usr holds everything that is content, /etc is
// its defaults (usr/etc), and nothing of /var travels (ostree, "Adapting existing mainstream distributions").
#pragma once

#include "recipe/recipe.hpp"

namespace holdfast::compose {

// What the keys of a build leave on the box.
struct Marks {
    std::filesystem::path keyring;  // the public release key that the box will verify content with
    bool development = false;       // by its profile or its keys not for production
};

// Works in place on `tree`, which mkosi has just made.
Result<> lay_out(const std::filesystem::path& tree, const recipe::Recipe& recipe, const Marks& marks);

// The tmpfiles.d(5) lines that make `var` again at boot: its folders and links with mode and owner. Files in
// it are a build's leftovers and do not travel.
Result<std::string> tmpfiles_of(const std::filesystem::path& var);

}  // namespace holdfast::compose
