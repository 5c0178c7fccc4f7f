#include "bench/releases.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

struct Versions {
    std::string package, oldest, newest;
    std::string words() const { return package + " " + oldest + " " + newest; }
    bool kernel() const { return package.starts_with("linux-image"); }
};

Result<bool> older(const std::string& one, const std::string& other) {
    return TRY(run({"dpkg", "--compare-versions", one, "lt", other})).exit == 0;
}

Result<std::set<std::string>> packages_of(const fs::path& image, const std::string& name) {
    const std::string text = TRY(read_whole(image / (name + ".spdx.json"), 256 * mebibyte));
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return fail(Code::Corrupt, "the SBOM of " + name + " is no JSON");
    std::set<std::string> names;
    for (const auto& package : json.at("packages")) names.insert(package.at("name").get<std::string>());
    return names;
}

// Those of which the mirror has more than one version.
Result<std::vector<Versions>> choices(const std::set<std::string>& names) {
    Arguments command{"apt-cache", "madison"};
    command.insert(command.end(), names.begin(), names.end());
    std::map<std::string, Versions> found;
    const std::string listed = TRY(run_or_fail(command));
    for (const auto& line : split(listed, '\n')) {
        const auto fields = split(line, '|');
        if (fields.size() < 3 || fields[2].contains("Sources")) continue;
        const std::string package(trim(fields[0])), version(trim(fields[1]));
        auto& known = found.try_emplace(package, Versions{package, version, version}).first->second;
        if (TRY(older(version, known.oldest))) known.oldest = version;
        if (TRY(older(known.newest, version))) known.newest = version;
    }
    std::vector<Versions> several;
    for (auto& [name, versions] : found)
        if (versions.oldest != versions.newest) several.push_back(versions);
    return several;
}

struct Factory {
    fs::path source, folder, build;

    // A copy of the recipes in which apt prefers these versions.
    Result<fs::path> pinned(const std::string& name, const std::vector<Versions>& pins) const {
        const fs::path copy = folder / ("source-" + name);
        TRY(remove_tree(copy));
        TRY(make_directories(copy));
        for (const char* part : {"hardware", "profiles", "recipes", "overlays", "image"})
            TRY(run_or_fail({"cp", "-a", (source / part).string(), copy.string()}));
        std::string preferences;
        for (const auto& pin : pins)
            preferences += "Package: " + pin.package + "\nPin: version " + pin.oldest + "\nPin-Priority: 1001\n\n";
        for (const char* part : {"profiles/dev", "recipes/initrd"}) {
            const fs::path into = copy / part / "mkosi.sandbox/etc/apt/preferences.d";
            TRY(make_directories(into));
            TRY(write_whole(into / "older.pref", preferences));
        }
        return copy;
    }

    Result<BuiltRelease> make(const std::string& version, unsigned time, const std::vector<Versions>& pins) const {
        return step("release " + version, [&]() -> Result<BuiltRelease> {
            const fs::path copy = TRY(pinned(version, pins));
            const std::string out = TRY(
                run_or_fail({(build / "image/holdfast-image").string(), "--json", "build", "--source", copy.string(),
                             "--debs", (build / "debs").string(), "--keys", (folder / "keys").string(), "--work",
                             (folder / ("work-" + version)).string(), "--out", (folder / "out").string(), "--release",
                             version, "--time", std::to_string(time), "--no-iso", "--no-disk"}));
            const Json papers = Json::parse(out, nullptr, false);
            if (papers.is_discarded()) return fail(Code::Corrupt, "the image program says no JSON");
            return BuiltRelease{version, papers.at("commit").get<std::string>(),
                                papers.at("folder").get<std::string>()};
        });
    }
};

}  // namespace

Result<ThreeReleases> build_releases(const fs::path& source, const fs::path& folder, const fs::path& build) {
    const Factory factory{source, folder, build};
    TRY(make_directories(folder));
    TRY(remove_tree(folder / "keys"));
    TRY(run_or_fail({(build / "image/holdfast-image").string(), "keys", "create", (folder / "keys").string()}));
    TRY(run_or_fail({"apt-get", "update", "-qq"}));
    ThreeReleases releases{
        .old = {}, .security = {}, .kernel = {}, .keys = folder / "keys", .fixed = {}, .kernels = {}};
    releases.kernel = TRY(factory.make("1.1.0", 1'792'000'000, {}));
    const auto names = TRY(packages_of(releases.kernel.folder, releases.kernel.folder.filename().string()));
    const auto all = TRY(choices(names));
    std::vector<Versions> kernels;
    std::ranges::copy_if(all, std::back_inserter(kernels), &Versions::kernel);
    for (const auto& each : all) (each.kernel() ? releases.kernels : releases.fixed).push_back(each.words());
    if (releases.kernels.empty() || releases.fixed.empty())
        return fail(Code::NotFound, "the mirror has " + std::to_string(releases.kernels.size()) +
                                        " older kernels and " + std::to_string(releases.fixed.size()) +
                                        " other packages in two versions; there is nothing to compare today");
    releases.security = TRY(factory.make("1.0.1", 1'791'000'000, kernels));
    releases.old = TRY(factory.make("1.0.0", 1'790'000'000, all));
    return releases;
}

}  // namespace holdfast::bench
