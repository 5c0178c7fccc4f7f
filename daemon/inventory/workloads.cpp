#include "inventory/workloads.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace holdfast::inventory {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_limit = 1UL << 20U, image_limit = 512;

// /etc first: it hides what the image has under the same name.
constexpr std::array quadlet_folders{"etc/containers/systemd", "usr/share/containers/systemd"};
constexpr std::array manifest_folders{"etc/microshift/manifests", "usr/lib/microshift/manifests",
                                      "var/lib/rancher/k3s/server/manifests"};
constexpr std::array quadlets{std::string_view(".container"), std::string_view(".kube"), std::string_view(".pod")};

std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> all;
    std::error_code error;
    for (const auto& each : fs::directory_iterator(folder, error)) all.push_back(each.path());
    std::ranges::sort(all);
    return all;
}

// What no entity may be called is left out of the name.
std::string named(const std::string& stem) {
    std::string name;
    for (const unsigned char c : stem)
        name += std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' ? static_cast<char>(c) : '-';
    const auto begin = name.find_first_not_of(".-_");
    const auto end = name.find_last_not_of(".-_");
    return begin == std::string::npos ? "" : name.substr(begin, end - begin + 1);
}

std::string image_in(const fs::path& file) {
    for (const auto& line : split(read_whole(file, file_limit).value_or(""), '\n'))
        if (const auto words = trim(line); words.starts_with("Image="))
            if (const auto image = trim(words.substr(6)); image.size() <= image_limit) return valid_utf8(image);
    return {};
}

class Seen {
public:
    explicit Seen(const fs::path& root) : root_(root) {}
    void add(const fs::path& path, const std::string& stem, const std::string& kind) {
        auto name = named(stem);
        if (name.empty() || std::ranges::contains(all, name, &Workload::name)) return;
        const auto file = "/" + path.lexically_relative(root_).string();
        all.push_back({std::move(name), kind, valid_utf8(file), kind == "container" ? image_in(path) : ""});
    }
    std::vector<Workload> all;

private:
    fs::path root_;
};

bool is_plain_file(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(fs::symlink_status(path, error));
}

// A folder there is one application (kustomize); a file alone is one, too.
void add_manifest(const fs::path& path, Seen& seen) {
    std::error_code error;
    const auto ending = path.extension();
    if (fs::is_directory(path, error))
        seen.add(path, path.filename(), "manifest");
    else if ((ending == ".yaml" || ending == ".yml") && path.stem() != "kustomization")
        seen.add(path, path.stem(), "manifest");
}

}  // namespace

std::vector<Workload> workloads(const fs::path& root) {
    Seen seen(root);
    for (const auto* folder : quadlet_folders)
        for (const auto& each : entries(root / folder))
            if (std::ranges::contains(quadlets, each.extension().string()))
                seen.add(each, each.stem(), each.extension().string().substr(1));
    for (const auto* folder : manifest_folders)
        for (const auto& each : entries(root / folder)) add_manifest(each, seen);
    // Links enable and mask what stands elsewhere.
    for (const auto& each : entries(root / "etc/systemd/system"))
        if (each.extension() == ".service" && is_plain_file(each)) seen.add(each, each.stem(), "unit");
    std::ranges::sort(seen.all, {}, &Workload::name);
    return std::move(seen.all);
}

}  // namespace holdfast::inventory
