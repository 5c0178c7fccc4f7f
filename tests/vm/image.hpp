// The image under test: a folder NAME/ with NAME.raw, NAME.iso and NAME.measurements.json, as `./dev image` makes it.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace holdfast::vm {

struct Image {
    std::filesystem::path folder;
    std::string name;

    std::filesystem::path raw() const { return folder / (name + ".raw"); }
    std::filesystem::path iso() const { return folder / (name + ".iso"); }
    std::filesystem::path measurements() const { return folder / (name + ".measurements.json"); }
};

// From the folder, or from any file in it. NotFound, with what to do, where there is none.
Result<Image> find_image(const std::filesystem::path& at);

// HOLDFAST_IMAGE_DIR of the environment, else the newest image of the default recipe below SOURCE/build/images.
Result<Image> image_under_test(const std::filesystem::path& source);

// An image that a test needs beside the default one: the environment variable that names its folder, the recipe as its
// file names spell it (BOARD-PROFILE-RUNTIME), and what makes one.
struct Wanted {
    const char* variable;
    std::string recipe, made_by;
};
// From that variable, else the newest below SOURCE/build/images. NotFound says how to make one.
Result<Image> image_under_test(const std::filesystem::path& source, const Wanted& wanted);

}  // namespace holdfast::vm
