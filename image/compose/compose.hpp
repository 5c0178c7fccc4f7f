// From mkosi's trees to what people carry away: a signed commit, a disk, an installer, and their papers.
#pragma once

#include "keys/keys.hpp"
#include "recipe/trees.hpp"

namespace holdfast::compose {

struct Options {
    recipe::Workplace at;
    std::filesystem::path out;   // the folder that gets NAME/
    std::filesystem::path keys;  // a key directory (holdfast-image keys create)
    bool disk = true, iso = true;
    bool keep_trees = false;  // compose from a copy, so that the trees can be composed again
};

// What a build left, by path; every file carries its final name only once it is whole.
struct Image {
    std::filesystem::path folder;
    std::string name, commit, content;
};

// mkosi and compose().
Result<Image> build(const recipe::Recipe& recipe, const Options& options);

// From trees that are there already. The folder of an earlier image of this name stays until the new one is whole.
Result<Image> compose(const recipe::Recipe& recipe, const Options& options, const recipe::Trees& trees);

}  // namespace holdfast::compose
