// From mkosi's trees to what people carry away: a signed commit, a disk, an installer, and their papers.
#pragma once

#include "keys/keys.hpp"
#include "recipe/mkosi.hpp"

namespace holdfast::compose {

struct Options {
    recipe::Workplace at;
    std::filesystem::path out;   // the folder that gets NAME/
    std::filesystem::path keys;  // a key directory (holdfast-image keys create)
    bool disk = true, iso = true;
};

// What a build left, by path; every file carries its final name only once it is whole.
struct Image {
    std::filesystem::path folder;
    std::string name, commit, content;
};

Result<Image> build(const recipe::Recipe& recipe, const Options& options);

}  // namespace holdfast::compose
