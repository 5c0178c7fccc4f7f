#include "vm/image.hpp"

#include <cstdlib>
#include <optional>

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

constexpr auto default_recipe = "holdfast-generic-x86-64-dev-podman-";
constexpr auto advice = "; make one with './dev image'";

std::optional<fs::path> newest(const fs::path& images) {
    std::optional<fs::path> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(images, none)) {
        if (!entry.is_directory() || !entry.path().filename().string().starts_with(default_recipe)) continue;
        if (!found || fs::last_write_time(entry.path()) > fs::last_write_time(*found)) found = entry.path();
    }
    return found;
}

}  // namespace

Result<Image> find_image(const fs::path& at) {
    std::error_code none;
    const fs::path whole = fs::canonical(at, none);
    if (none) return fail(Code::NotFound, "there is no image at " + at.string() + advice);
    Image image;
    image.folder = fs::is_directory(whole) ? whole : whole.parent_path();
    image.name = fs::is_directory(whole) ? whole.filename().string() : whole.stem().string();
    return image;
}

Result<Image> image_under_test(const fs::path& source) {
    if (const char* named = std::getenv("HOLDFAST_IMAGE_DIR"); named && *named) return find_image(named);
    const auto found = newest(source / "build/images");
    if (!found)
        return fail(Code::NotFound,
                    "there is no image of the default recipe in " + (source / "build/images").string() + advice);
    return find_image(*found);
}

}  // namespace holdfast::vm
