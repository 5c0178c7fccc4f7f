#include "sbom/sbom.hpp"

#include "base/file.hpp"
#include "sbom/bom.hpp"

#include <algorithm>
#include <tuple>

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

struct Read {
    const Part* part;
    std::vector<Installed> packages;
    std::vector<std::vector<std::size_t>> depends;  // places in `packages`
};

Result<Read> read(const Part& part) {
    const std::string status = TRY(in(part.name + ": dpkg", read_whole(part.dpkg / "status", status_limit)));
    auto packages = TRY(in((part.dpkg / "status").string(), parse_status(status)));
    auto depends = resolve(packages);
    return Read{&part, std::move(packages), std::move(depends)};
}

// Name, version and architecture: what makes two packages one.
auto identity(const Installed& package) {
    return std::tie(package.name, package.version, package.architecture);
}

std::vector<Installed> all_packages(const std::vector<Read>& parts) {
    std::vector<Installed> all;
    for (const auto& part : parts) all.insert(all.end(), part.packages.begin(), part.packages.end());
    std::ranges::sort(all, {}, identity);
    const auto twins = std::ranges::unique(all, {}, identity);
    all.erase(twins.begin(), twins.end());
    return all;
}

Component component_of(Installed package, const PackageFiles& files) {
    Component component;
    if (const auto* file = files.find(key(package))) component.file = *file;
    component.purl = purl(component.vendor(), package.name, package.version, package.architecture);
    component.installed = std::move(package);
    return component;
}

std::size_t place_of(const Bom& bom, const Installed& package) {
    const auto found = std::ranges::lower_bound(bom.components, identity(package), {},
                                                [](const Component& one) { return identity(one.installed); });
    return static_cast<std::size_t>(found - bom.components.begin());
}

// What one part adds to the components that it holds: its name, what they lean on there, a licence not yet known.
void add_part(const Read& part, Bom& bom) {
    bom.parts.push_back(part.part->name);
    for (std::size_t at = 0; at < part.packages.size(); ++at) {
        auto& component = bom.components[place_of(bom, part.packages[at])];
        component.parts.push_back(part.part->name);
        if (component.licence.expression.empty())
            component.licence = licence_of(part.part->root, component.installed.name);
        for (const std::size_t other : part.depends[at])
            component.depends.push_back(place_of(bom, part.packages[other]));
        std::ranges::sort(component.depends);
        const auto twins = std::ranges::unique(component.depends);
        component.depends.erase(twins.begin(), twins.end());
    }
}

Result<Bom> collect(const SbomInputs& inputs) {
    std::vector<Read> parts;
    for (const auto& part : inputs.parts) parts.push_back(TRY(read(part)));
    auto packages = all_packages(parts);
    const PackageFiles files = TRY(files_of(inputs, packages));
    Bom bom{.name = inputs.name, .version = inputs.version, .time = TRY(iso_time(inputs.time))};
    for (auto& package : packages) bom.components.push_back(component_of(std::move(package), files));
    for (const auto& part : parts) add_part(part, bom);
    return bom;
}

}  // namespace

Result<> write(const SbomInputs& inputs, const fs::path& spdx_json, const fs::path& cdx_json) {
    const Bom bom = TRY(collect(inputs));
    TRY(write_whole(spdx_json, spdx(bom).dump(2) + "\n"));
    return write_whole(cdx_json, cyclonedx(bom).dump(2) + "\n");
}

}  // namespace holdfast::sbom
