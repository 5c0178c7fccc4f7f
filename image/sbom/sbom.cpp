#include "sbom/sbom.hpp"

#include "base/file.hpp"
#include "sbom/bom.hpp"

#include <algorithm>

namespace holdfast::sbom {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t status_limit = 256 * mebibyte;

// The file that `path` means inside the tree: absolute links begin at the tree's root, and ".." ends there.
fs::path inside(const fs::path& root, const fs::path& path) {
    fs::path reached;
    std::vector<fs::path> rest(path.begin(), path.end());
    std::ranges::reverse(rest);
    for (int steps = 0; !rest.empty() && steps < 256; ++steps) {
        const fs::path step = rest.back();
        rest.pop_back();
        if (step == "..") reached = reached.parent_path();
        if (step.empty() || step == "." || step == ".." || step == "/") continue;
        std::error_code error;
        const fs::path link = fs::read_symlink(root / reached / step, error);
        if (error) {
            reached /= step;
            continue;
        }
        if (link.is_absolute()) reached.clear();
        std::vector<fs::path> target(link.begin(), link.end());
        rest.insert(rest.end(), target.rbegin(), target.rend());
    }
    return root / reached;
}

// Debian Policy 12.5 has every package carry one; a tree may have been made without documentation.
Licence licence_of(const fs::path& root, const std::string& package) {
    const auto text = read_whole(inside(root, fs::path("usr/share/doc") / package / "copyright"), copyright_limit);
    return text ? parse_copyright(*text) : Licence{};
}

std::string key(const Installed& package) {
    return PackageFiles::key(package.name, package.version, package.architecture);
}

Result<PackageFiles> files_of(const SbomInputs& inputs, const std::vector<Installed>& packages) {
    std::vector<std::string> wanted;
    wanted.reserve(packages.size());
    for (const auto& package : packages) wanted.push_back(key(package));
    PackageFiles files(wanted);
    if (!inputs.apt_lists.empty()) TRY(in("package lists", files.add_lists(inputs.apt_lists)));
    if (!inputs.debs.empty()) TRY(in("own packages", files.add_debs(inputs.debs)));
    return files;
}

Result<Bom> collect(const SbomInputs& inputs) {
    std::string status = TRY(in("dpkg", read_whole(inputs.dpkg / "status", status_limit)));
    // What was built from a package is in the image as surely as what was installed from one.
    if (!inputs.built.empty() && fs::exists(inputs.built))
        status += "\n" + TRY(in("build packages", read_whole(inputs.built, status_limit)));
    auto packages = TRY(in((inputs.dpkg / "status").string(), parse_status(status)));
    const PackageFiles files = TRY(files_of(inputs, packages));
    auto depends = resolve(packages);
    Bom bom{.name = inputs.name, .version = inputs.version, .time = TRY(iso_time(inputs.time))};
    for (std::size_t at = 0; at < packages.size(); ++at) {
        Component component{.licence = licence_of(inputs.root, packages[at].name), .depends = std::move(depends[at])};
        if (const auto* file = files.find(key(packages[at]))) component.file = *file;
        component.installed = std::move(packages[at]);
        const auto& made = component.installed;
        component.purl = purl(component.vendor(), made.name, made.version, made.architecture);
        bom.components.push_back(std::move(component));
    }
    return bom;
}

}  // namespace

Result<> write(const SbomInputs& inputs, const fs::path& spdx_json, const fs::path& cdx_json) {
    const Bom bom = TRY(collect(inputs));
    TRY(write_whole(spdx_json, spdx(bom).dump(2) + "\n"));
    return write_whole(cdx_json, cyclonedx(bom).dump(2) + "\n");
}

}  // namespace holdfast::sbom
