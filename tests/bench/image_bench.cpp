#include "base/file.hpp"
#include "base/process.hpp"
#include "base/progress.hpp"
#include "bench/bench.hpp"

#include <functional>
#include <nlohmann/json.hpp>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

struct Bench {
    fs::path source;
    fs::path folder = source / "build/bench";

    std::string program() const { return (source / "build/release/image/holdfast-image").string(); }
    fs::path trees() const { return folder / "work/generic-x86-64-dev-podman"; }
};

// Seconds that `work` takes; shown as a step.
Result<double> timed(const std::string& name, const std::function<Result<>()>& work) {
    Step step(name);
    TRY(work());
    step.done();
    return step.seconds();
}

Result<> build_package(const Bench& bench) {
    const std::string build = (bench.source / "build/release").string();
    TRY(run_or_fail({"cmake", "--build", build, "--", "--quiet"}));
    TRY(run_or_fail({"cpack", "-G", "DEB", "-B", build + "/debs"}, {.directory = build}));
    return {};
}

// The papers of the image go into `papers`.
Result<> build_image(const Bench& bench, nlohmann::json& papers) {
    const std::string out =
        TRY(run_or_fail({bench.program(), "--json", "build", "--debs", (bench.source / "build/release/debs").string(),
                         "--keys", (bench.folder / "keys").string(), "--work", (bench.folder / "work").string(),
                         "--out", (bench.folder / "out").string()}));
    papers = nlohmann::json::parse(out);
    return {};
}

Result<> build_package_and_image(const Bench& bench, nlohmann::json& papers) {
    TRY(build_package(bench));
    return build_image(bench, papers);
}

// mkosi alone, on the root tree as the cold build configured it, with caches of its own.
Result<> run_mkosi(const Bench& bench) {
    const fs::path alone = bench.folder / "alone";
    TRY(make_directories(alone / "out"));
    TRY(make_directories(alone / "cache"));
    TRY(make_directories(alone / "packages"));
    TRY(make_directories(alone / "workspace"));
    TRY(run_or_fail({"mkosi", "-C", (bench.trees() / "mkosi/root").string(), "--output-directory",
                     (alone / "out").string(), "--cache-directory", (alone / "cache").string(), "--package-cache-dir",
                     (alone / "packages").string(), "--workspace-directory", (alone / "workspace").string(), "--force",
                     "build"}));
    return {};
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

Result<Figures> measure(const Bench& bench) {
    TRY(run_or_fail({bench.program(), "keys", "create", (bench.folder / "keys").string()}));
    TRY(build_package(bench));
    nlohmann::json papers;
    const double cold = TRY(timed("cold build", [&] { return build_image(bench, papers); }));
    const double mkosi = TRY(timed("mkosi alone, cold", [&] { return run_mkosi(bench); }));
    fs::last_write_time(bench.source / "daemon/programs/holdfastd.cpp", fs::file_time_type::clock::now());
    const double warm =
        TRY(timed("build after a change in the daemon", [&] { return build_package_and_image(bench, papers); }));
    const fs::path folder = papers.at("folder").get<std::string>();
    const fs::path stem = folder / papers.at("name").get<std::string>();
    const double tree = TRY(tree_size(bench.trees() / "trees/root"));
    return Figures{
        {"cold_seconds", cold},
        {"mkosi_seconds", mkosi},
        {"warm_seconds", warm},
        {"compose_over_mkosi", cold / mkosi},
        {"warm_over_cold", warm / cold},
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
