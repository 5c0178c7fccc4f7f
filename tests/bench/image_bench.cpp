#include "base/file.hpp"
#include "base/process.hpp"
#include "base/progress.hpp"
#include "bench/bench.hpp"

#include <functional>
#include <nlohmann/json.hpp>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

// A copy of the source with its own build, so that a line can be changed in it.
struct Bench {
    fs::path original;
    fs::path folder = original / "build/bench";
    fs::path source = folder / "source";
    fs::path build = source / "build/release";

    std::string program() const { return (build / "image/holdfast-image").string(); }
    fs::path trees() const { return folder / "work/generic-x86-64-dev-podman"; }
};

// Seconds that `work` takes; shown as a step.
Result<double> timed(const std::string& name, const std::function<Result<>()>& work) {
    Step step(name);
    TRY(work());
    step.done();
    return step.seconds();
}

// The files that git knows, as they are now.
Result<> copy_source(const Bench& bench) {
    TRY(make_directories(bench.source));
    TRY(run_or_fail(
        {"sh", "-c", "git -c safe.directory='*' ls-files -z | tar --null --files-from=- -c | tar -x -C \"$1\"", "copy",
         bench.source.string()},
        {.directory = bench.original}));
    TRY(run_or_fail({"cmake", "--preset", "release"}, {.directory = bench.source}));
    return {};
}

Result<> build_package(const Bench& bench) {
    const std::string build = bench.build.string();
    TRY(run_or_fail({"cmake", "--build", build, "--", "--quiet"}));
    TRY(run_or_fail({"cpack", "-G", "DEB", "-B", build + "/debs"}, {.directory = build}));
    return {};
}

// The papers of the image go into `papers`.
Result<> build_image(const Bench& bench, nlohmann::json& papers) {
    const std::string out =
        TRY(run_or_fail({bench.program(), "--json", "build", "--source", bench.source.string(), "--debs",
                         (bench.build / "debs").string(), "--keys", (bench.folder / "keys").string(), "--work",
                         (bench.folder / "work").string(), "--out", (bench.folder / "out").string()}));
    papers = nlohmann::json::parse(out);
    return {};
}

Result<> build_package_and_image(const Bench& bench, nlohmann::json& papers) {
    TRY(build_package(bench));
    return build_image(bench, papers);
}

// One line that changes what the daemon does: its version option says more.
Result<> change_the_daemon(const Bench& bench) {
    const fs::path file = bench.source / "daemon/programs/holdfastd.cpp";
    std::string text = TRY(read_whole(file));
    const std::string line = "\"holdfastd \" HOLDFAST_VERSION";
    const auto at = text.find(line);
    if (at == std::string::npos) return fail(Code::Bug, file.string() + ": has no line '" + line + "' to change");
    return write_whole(file, text.replace(at, line.size(), line + " \" changed\""));
}

// mkosi alone, as the cold build configured it, with caches of its own.
Result<> run_mkosi(const Bench& bench, const std::string& tree) {
    const fs::path alone = bench.folder / "alone" / tree;
    for (const auto* folder : {"out", "cache", "packages", "workspace"}) TRY(make_directories(alone / folder));
    TRY(run_or_fail({"mkosi", "-C", (bench.trees() / "mkosi" / tree).string(), "--output-directory",
                     (alone / "out").string(), "--cache-directory", (alone / "cache").string(), "--package-cache-dir",
                     (alone / "packages").string(), "--workspace-directory", (alone / "workspace").string(), "--force",
                     "build"}));
    return {};
}

// Seconds from power-on until `text`; the best of several first boots, since other work only ever slows one down.
Result<double> power_on_to(const Bench& bench, const fs::path& disk, const std::string& text,
                           const std::string& kernel_words) {
    const std::string out =
        TRY(run_or_fail({(bench.build / "tests/vm/holdfast-vm").string(), "time", disk.string(), "--until", text,
                         "--runs", "3", "--json", "--kernel-words", kernel_words}));
    return nlohmann::json::parse(out).at("best").get<double>();
}

double mebibytes(std::uintmax_t bytes) {
    return static_cast<double>(bytes) / static_cast<double>(mebibyte);
}

Result<double> tree_size(const fs::path& tree) {
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(tree))
        if (entry.is_regular_file() && !entry.is_symlink()) bytes += entry.file_size();
    return mebibytes(bytes);
}

Result<> run_mkosi_for_memory_systems(const Bench& bench) {
    TRY(run_mkosi(bench, "initrd"));
    return run_mkosi(bench, "installer");
}

Result<> copy_and_compile(const Bench& bench) {
    TRY(copy_source(bench));
    return build_package(bench);
}

struct Seconds {
    double cold = 0, root_tree = 0, memory_systems = 0, warm = 0, green = 0, bare = 0;
    double mkosi() const { return root_tree + memory_systems; }
};

Result<Seconds> measure_builds(const Bench& bench, nlohmann::json& papers) {
    Seconds seconds;
    seconds.cold = TRY(timed("image, cold", [&] { return build_image(bench, papers); }));
    seconds.root_tree = TRY(timed("mkosi alone: root tree, cold", [&] { return run_mkosi(bench, "root"); }));
    seconds.memory_systems =
        TRY(timed("mkosi alone: initrd and installer, cold", [&] { return run_mkosi_for_memory_systems(bench); }));
    TRY(change_the_daemon(bench));
    seconds.warm = TRY(timed("compiling, package and image after a change in the daemon",
                             [&] { return build_package_and_image(bench, papers); }));
    return seconds;
}

// Without our services the same image is a Debian with ostree and systemd-boot.
Result<> measure_boots(const Bench& bench, const fs::path& disk, Seconds& seconds) {
    const std::string bare = "systemd.mask=holdfastd.service systemd.mask=holdfast-health.service";
    {
        Step step("power-on to green, three times");
        seconds.green = TRY(power_on_to(bench, disk, "holdfast: verdict green", ""));
        step.done();
    }
    Step step("power-on to multi-user.target without our services, three times");
    seconds.bare = TRY(power_on_to(bench, disk, "Reached target multi-user.target", bare));
    step.done();
    return {};
}

Result<Figures> measure(const Bench& bench) {
    TRY(timed("copy of the source, compiled", [&] { return copy_and_compile(bench); }));
    TRY(run_or_fail({bench.program(), "keys", "create", (bench.folder / "keys").string()}));
    nlohmann::json papers;
    Seconds seconds = TRY(measure_builds(bench, papers));
    const fs::path folder = papers.at("folder").get<std::string>();
    const fs::path stem = folder / papers.at("name").get<std::string>();
    TRY(measure_boots(bench, stem.string() + ".raw", seconds));
    const double tree = TRY(tree_size(bench.trees() / "trees/root"));
    return Figures{
        {"cold_seconds", seconds.cold},
        {"mkosi_seconds", seconds.mkosi()},
        {"mkosi_root_tree_seconds", seconds.root_tree},
        {"warm_seconds", seconds.warm},
        {"green_seconds", seconds.green},
        {"bare_seconds", seconds.bare},
        {"compose_over_mkosi", seconds.cold / seconds.mkosi()},
        {"warm_over_cold", seconds.warm / seconds.cold},
        {"green_over_bare", seconds.green / seconds.bare},
        {"tree_mib", tree},
        {"uki_mib", mebibytes(fs::file_size(bench.trees() / "trees/root/usr/lib/holdfast/boot/holdfast.efi"))},
        {"iso_mib", mebibytes(fs::file_size(stem.string() + ".iso"))}};
}

}  // namespace

Result<Figures> image(const fs::path& source) {
    const Bench bench{source};
    TRY(remove_tree(bench.folder));
    TRY(make_directories(bench.folder));
    auto figures = measure(bench);
    static_cast<void>(remove_tree(bench.folder));
    return figures;
}

}  // namespace holdfast::bench
