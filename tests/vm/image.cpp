#include "vm/image.hpp"

#include <cstdlib>
#include <optional>

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

const Wanted default_image{"HOLDFAST_IMAGE_DIR", "generic-x86-64-dev-podman", "./dev image"};

std::optional<fs::path> newest(const fs::path& images, const std::string& recipe) {
    std::optional<fs::path> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(images, none)) {
        if (!entry.is_directory() || !entry.path().filename().string().starts_with("holdfast-" + recipe + "-"))
            continue;
        if (!found || fs::last_write_time(entry.path()) > fs::last_write_time(*found)) found = entry.path();
    }
    return found;
}

Result<Image> find_image(const fs::path& at, const std::string& made_by) {
    std::error_code none;
    const fs::path whole = fs::canonical(at, none);
    if (none) return fail(Code::NotFound, "there is no image at " + at.string() + "; make one with '" + made_by + "'");
    Image image;
    image.folder = fs::is_directory(whole) ? whole : whole.parent_path();
    image.name = fs::is_directory(whole) ? whole.filename().string() : whole.stem().string();
    return image;
}

}  // namespace

Result<Image> find_image(const fs::path& at) {
    return find_image(at, default_image.made_by);
}

Result<Image> image_under_test(const fs::path& source) {
    return image_under_test(source, default_image);
}

Result<Image> image_under_test(const fs::path& source, const Wanted& wanted) {
    if (const char* named = std::getenv(wanted.variable); named && *named) return find_image(named, wanted.made_by);
    const auto found = newest(source / "build/images", wanted.recipe);
    if (!found)
        return fail(Code::NotFound, "there is no image of " + wanted.recipe + " in " +
                                        (source / "build/images").string() + "; make one with '" + wanted.made_by +
                                        "'");
    return find_image(*found, wanted.made_by);
}

}  // namespace holdfast::vm
