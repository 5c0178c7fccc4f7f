#include "bench/catalog_backstage.hpp"

#include "base/json.hpp"
#include "base/process.hpp"
#include "base/progress.hpp"
#include "bench/catalog_parts.hpp"
#include "bench/catalog_peers.hpp"

#include <algorithm>
#include <print>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

// Backstage's driver for SQLite is compiled from its source, for the node that is here.
Result<> install_backend(const fs::path& source, const fs::path& folder) {
    TRY(install(source / "tests/bench/backstage", folder));
    TRY(run_or_fail(
        {"node-gyp", "rebuild", "--release", "--nodedir=/usr"},
        {.environment = {"CC=ccache gcc", "CXX=ccache g++"}, .directory = folder / "node_modules/better-sqlite3"}));
    return {};
}

// Backstage's database lies in memory: on a disk each of its small transactions waits, and filling it takes a quarter
// of an hour more.
Result<Json> compare(const fs::path& source, const fs::path& box, const fs::path& folder) {
    const auto told = TRY(run_or_fail(
        {"node", "compare.js", (source / "build/release/daemon/programs/holdfast-catalog").string(), box.string()},
        {.environment = {"TMPDIR=/tmp", "no_proxy=*"}, .directory = folder}));
    return json::parse(told, mebibyte);
}

Figures tell(const Json& told) {
    double worst = 1e9, median = 0, slowest = 0;
    std::println("  {:<46} {:>9} {:>9}   {:>9} {:>9}   {:>6}", "milliseconds over HTTP", "ours p50", "p99", "Backstage",
                 "p99", "p50");
    for (const auto& [what, seconds] : told.at("questions").items()) {
        const auto ours = seconds.at("ours").get<std::vector<double>>();
        const auto theirs = seconds.at("theirs").get<std::vector<double>>();
        const double ratio = quantile(theirs, 0.5) / quantile(ours, 0.5);
        std::println("  {:<46} {:>9.3f} {:>9.3f}   {:>9.3f} {:>9.3f}   {:>5.2f}x", what, quantile(ours, 0.5) * 1000,
                     quantile(ours, 0.99) * 1000, quantile(theirs, 0.5) * 1000, quantile(theirs, 0.99) * 1000, ratio);
        worst = std::min(worst, ratio);
        median = std::max(median, quantile(ours, 0.5) * 1000);
        slowest = std::max(slowest, quantile(ours, 0.99) * 1000);
    }
    return {{"query_over_backstage", worst}, {"query_http_p50_ms", median}, {"query_http_p99_ms", slowest}};
}

}  // namespace

Result<Figures> beside_backstage(const fs::path& source, const fs::path& box, const fs::path& folder) {
    if (const auto done = step("installing Backstage's backend", [&] { return install_backend(source, folder); });
        !done) {
        std::println("  Backstage's backend cannot be installed here, and is not compared: {}", done.error().what);
        return Figures{};
    }
    const Json told = TRY(
        step("Backstage takes the same entities in, and both answer", [&] { return compare(source, box, folder); }));
    std::println("  {} entities, which Backstage took in in {:.0f} s", told.at("entities").get<int>(),
                 told.at("taken_in").get<double>());
    return tell(told);
}

}  // namespace holdfast::bench
