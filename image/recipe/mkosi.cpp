#include "recipe/mkosi.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <chrono>

namespace holdfast::recipe {

namespace {

namespace fs = std::filesystem;

struct Job {
    std::string image;               // root, initrd, installer
    std::vector<fs::path> includes;  // one Include= line each: a list on one line is read interleaved
    std::vector<fs::path> overlays;  // laid over the tree in this order
    std::string patches;             // folders that build scripts see, as BuildSources= takes them
    bool with_package = false;       // Holdfast's own .deb
};

// mkosi names its cached image after distribution and architecture alone, so each tree has a folder of its own.
fs::path image_cache(const Recipe& recipe, const Workplace& at, const Job& job) {
    return at.cache / (job.with_package ? recipe.stem() : job.image + "-" + recipe.board.architecture);
}

// Includes stand first: settings of the image itself lose against an include that comes after them.
std::string configuration(const Recipe& recipe, const Workplace& at, const Job& job) {
    std::string text;
    for (const auto& include : job.includes) text += "[Include]\nInclude=" + include.string() + "\n\n";
    text += "[Distribution]\nArchitecture=" + recipe.board.architecture + "\n\n";
    text += "[Output]\nImageId=holdfast-" + recipe.stem() + "-" + job.image + "\nImageVersion=" + recipe.version +
            "\nOutput=" + job.image + "\nOutputDirectory=" + (at.build / "trees").string() +
            "\nSeed=6d8f1d6e-4a52-4e0e-9a6c-1d7c1a0f2b11\n\n";
    text += "[Build]\nIncremental=" + std::string(at.incremental ? "yes" : "no") +
            "\nCacheDirectory=" + image_cache(recipe, at, job).string() +
            "\nPackageCacheDirectory=" + (at.cache / ("packages-" + job.image)).string() +
            "\nBuildDirectory=" + (image_cache(recipe, at, job) / "built").string() +
            "\nWorkspaceDirectory=" + (at.build / "workspace").string() + "\nBuildSources=" + job.patches + "\n\n";
    text += "[Content]\nSourceDateEpoch=" + at.seed_time + "\n";
    for (const auto& overlay : job.overlays) text += "ExtraTrees=" + overlay.string() + "\n";
    if (job.with_package) text += "VolatilePackages=holdfast\nVolatilePackageDirectories=" + at.debs.string() + "\n";
    return text;
}

Result<> make_folders(const Recipe& recipe, const Workplace& at, const Job& job) {
    for (const auto& folder : {at.build / "trees", at.build / "workspace", image_cache(recipe, at, job) / "built",
                               at.cache / ("packages-" + job.image), at.build / "mkosi" / job.image})
        TRY(make_directories(folder));
    return {};
}

// The sources with more components of the same archives, each once.
std::string with_components(const std::string& sources, const std::vector<Option>& options) {
    std::vector<std::string> lines = split(sources, '\n');
    for (auto& line : lines)
        for (const auto& option : options)
            for (const auto& component : option.components)
                if (line.starts_with("Components:") && !std::ranges::contains(split(line, ' '), component))
                    line += " " + component;
    return join(lines, "\n");
}

Result<> write_sources(const fs::path& directory, const fs::path& sources, const std::vector<Option>& options) {
    // mkosi would write its own list, with an archive of debug symbols that many mirrors do not carry.
    const fs::path folder = directory / "mkosi.sandbox/etc/apt/sources.list.d";
    TRY(make_directories(folder));
    const std::string text = TRY(in("apt sources of the build root", read_whole(sources)));
    return write_whole(folder / "mkosi.sources", with_components(text, options));
}

std::string last_lines(const fs::path& log) {
    const auto text = read_whole(log, 256 * mebibyte);
    if (!text) return {};
    auto lines = split(trim(*text), '\n');
    if (lines.size() > 25) lines.erase(lines.begin(), lines.end() - 25);
    return "\n  | " + join(lines, "\n  | ");
}

Result<> run_mkosi(const fs::path& directory, const fs::path& log, const std::string& image) {
    std::error_code ignored;
    fs::remove(log, ignored);
    auto child = TRY(Child::spawn({"mkosi", "-C", directory.string(), "--force", "build"}, {}, log));
    const int exit = child.wait(std::chrono::milliseconds(-1)).value_or(-1);
    if (exit == 0) return {};
    const std::string words = last_lines(log);
    const bool full = words.contains("No space left on device");
    const bool mirror = words.contains("Failed to fetch") || words.contains("Could not connect") ||
                        words.contains("Temporary failure resolving") || words.contains("does not have a Release file");
    const std::string hint = full     ? "; free some space and build again"
                             : mirror ? "; the package mirror did not deliver: check it and build again"
                                      : "";
    return fail(full     ? Code::NoSpace
                : mirror ? Code::Offline
                         : Code::Bug,
                "mkosi could not build '" + image + "' (exit " + std::to_string(exit) + ")" + hint + "; its log is " +
                    log.string() + " and ends:" + words);
}

Result<> build(const Recipe& recipe, const Workplace& at, const Job& job) {
    TRY(make_folders(recipe, at, job));
    const fs::path directory = at.build / "mkosi" / job.image;
    TRY(write_sources(directory, at.apt_sources, job.with_package ? recipe.options : std::vector<Option>{}));
    TRY(write_whole(directory / "mkosi.conf", configuration(recipe, at, job)));
    return run_mkosi(directory, at.build / ("mkosi-" + job.image + ".log"), job.image);
}

std::vector<fs::path> existing(std::vector<fs::path> folders) {
    std::erase_if(folders, [](const fs::path& folder) { return !fs::exists(folder); });
    return folders;
}

// `from` itself, or all files and links below it.
std::vector<fs::path> files_at(const fs::path& from) {
    if (fs::is_regular_file(from)) return {from};
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(from))
        if (entry.is_regular_file() || entry.is_symlink()) files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

// A digest over everything that decides what a memory system holds, bar the mirror's newest versions.
Result<std::string> stamp(const std::string& configuration_text, const std::vector<fs::path>& inputs) {
    std::string all = configuration_text;
    for (const auto& input : inputs)
        for (const auto& file : files_at(input)) {
            const std::string digest = fs::is_symlink(file) ? fs::read_symlink(file).string() : TRY(sha256_file(file));
            all.append(file.string()).append("\n").append(digest).append("\n");
        }
    return sha256_hex(all);
}

}  // namespace

Result<fs::path> build_root(const Recipe& recipe, const Workplace& at) {
    const fs::path& s = recipe.source;
    const fs::path board = s / "hardware" / recipe.board.name;
    std::vector<fs::path> includes{s / "recipes/base", s / "recipes" / recipe.runtime.name, board};
    for (const auto& option : recipe.options) includes.push_back(board / "options" / option.name);
    includes.push_back(s / "profiles" / recipe.profile.name);
    std::string patches;
    for (const auto& option : recipe.options)
        if (const auto folder = board / "options" / option.name / "patches"; fs::exists(folder))
            patches += (patches.empty() ? "" : ",") + folder.string() + ":" + option.name;
    const Job job{.image = "root",
                  .includes = std::move(includes),
                  .overlays = existing({s / "overlays/base", s / "overlays" / recipe.runtime.name,
                                        s / "overlays" / recipe.board.name, s / "overlays" / recipe.profile.name}),
                  .patches = patches,
                  .with_package = true};
    TRY(build(recipe, at, job));
    return at.build / "trees/root";
}

Result<fs::path> build_memory_system(const Recipe& recipe, const Workplace& at, const std::string& which) {
    const fs::path folder = recipe.source / "recipes" / which;
    const Job job{.image = which, .includes = {folder}};
    const fs::path result = at.build / "trees" / (which + ".cpio");
    const fs::path stamp_file = at.build / "trees" / (which + ".stamp");
    const std::string wanted =
        TRY(stamp(configuration(recipe, at, job), {folder, recipe.source / "recipes/packages.postinst"}));
    if (fs::exists(result) && read_whole(stamp_file).value_or("") == wanted) return result;
    TRY(build(recipe, at, job));
    TRY(write_whole(stamp_file, wanted));
    return result;
}

}  // namespace holdfast::recipe
