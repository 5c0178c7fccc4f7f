#include "base/file.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/progress.hpp"
#include "base/text.hpp"
#include "bench/bench.hpp"
#include "bench/releases.hpp"
#include "content/bundle_file.hpp"
#include "content/intake.hpp"
#include "content/sysroot.hpp"
#include "content/unbundle.hpp"
#include "update/fetch.hpp"

#include <chrono>
#include <functional>
#include <print>
#include <thread>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

// Where everything is measured, and by what.
struct Bench {
    fs::path source;
    fs::path folder = source / "build/bench-update";
    fs::path build = source / "build/release";
    fs::path repository() const { return folder / "published"; }
};

double bytes(std::uintmax_t count) {
    return static_cast<double>(count);
}

std::uintmax_t size_of(const fs::path& folder) {
    std::uintmax_t total = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && !entry.is_symlink()) total += entry.file_size();
    return total;
}

// A release as one tar file, as it is and with kernel modules and initrd unpacked.
struct Trees {
    fs::path plain, unpacked;
};

Result<> tar(const fs::path& tree, const fs::path& into) {
    TRY(run_or_fail({"tar", "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "-cf", into.string(), "-C",
                     tree.string(), "."}));
    return {};
}

Result<> unpack_inside(const fs::path& tree) {
    TRY(run_or_fail(
        {"sh", "-c",
         "find usr/lib/modules -name '*.ko.zst' -print0 | xargs -0 -P2 -n 200 zstd -q -d --rm && "
         "cd usr/lib/holdfast/boot && objcopy -O binary --only-section=.initrd holdfast.efi initrd.zst && "
         "zstd -q -d --rm initrd.zst && objcopy --remove-section=.initrd holdfast.efi rest && rm holdfast.efi"},
        {.directory = tree}));
    return {};
}

Result<Trees> trees_of(const Bench& bench, const BuiltRelease& release) {
    const fs::path tree = bench.folder / ("tree-" + release.version);
    const Trees trees{tree.string() + ".tar", tree.string() + "-unpacked.tar"};
    TRY(remove_tree(tree));
    TRY(run_or_fail({"ostree", "--repo=" + (release.folder / "repo").string(), "checkout", "-U", "--force-copy",
                     release.commit, tree.string()}));
    TRY(tar(tree, trees.plain));
    TRY(unpack_inside(tree));
    TRY(tar(tree, trees.unpacked));
    TRY(remove_tree(tree));
    return trees;
}

Result<std::uintmax_t> patch_size(const fs::path& from, const fs::path& to) {
    const fs::path patch = to.string() + ".patch";
    TRY(run_or_fail(
        {"zstd", "-q", "-f", "-19", "--long=31", "--patch-from=" + from.string(), to.string(), "-o", patch.string()}));
    return fs::file_size(patch);
}

Result<std::uintmax_t> ostree_delta(const Bench& bench, const BuiltRelease& from, const BuiltRelease& to) {
    const fs::path file = bench.folder / "ostree.delta";
    TRY(run_or_fail({"ostree", "--repo=" + bench.repository().string(), "static-delta", "generate",
                     "--from=" + from.commit, "--to=" + to.commit, "--inline", "--filename=" + file.string()}));
    return fs::file_size(file);
}

// The chunks of the new tree that the old one, as a seed, does not have, and the index.
Result<std::uintmax_t> casync_bytes(const Bench& bench, const fs::path& from, const fs::path& to) {
    const fs::path at = bench.folder / "casync";
    TRY(remove_tree(at));
    TRY(make_directories(at));
    for (const auto& [name, file] : {std::pair{"old", from}, {"new", to}})
        TRY(run_or_fail({"casync", "make", "--store=" + (at / name).string(),
                         (at / (std::string(name) + ".caibx")).string(), file.string()}));
    std::uintmax_t total = fs::file_size(at / "new.caibx");
    for (const auto& entry : fs::recursive_directory_iterator(at / "new"))
        if (entry.is_regular_file() && !fs::exists(at / "old" / entry.path().lexically_relative(at / "new")))
            total += entry.file_size();
    return total;
}

// What one difference costs, ours and the others'.
struct Costs {
    double ours = 0, floor = 0, unpacked_floor = 0, ostree = 0, casync = 0, full = 0;
};

Result<Costs> costs_of(const Bench& bench, const BuiltRelease& from, const BuiltRelease& to) {
    Costs costs;
    costs.ours = bytes(fs::file_size(bench.repository() / "bundles" / to.commit / (from.commit + ".bundle")));
    const auto old = TRY(step("trees of " + from.version, [&] { return trees_of(bench, from); }));
    const auto fresh = TRY(step("trees of " + to.version, [&] { return trees_of(bench, to); }));
    costs.floor = bytes(TRY(step("zstd --patch-from", [&] { return patch_size(old.plain, fresh.plain); })));
    costs.unpacked_floor =
        bytes(TRY(step("zstd --patch-from, unpacked", [&] { return patch_size(old.unpacked, fresh.unpacked); })));
    costs.ostree = bytes(TRY(step("ostree's delta", [&] { return ostree_delta(bench, from, to); })));
    costs.casync = bytes(TRY(step("casync", [&] { return casync_bytes(bench, old.plain, fresh.plain); })));
    costs.full = bytes(size_of(to.folder / "repo/objects"));
    return costs;
}

Result<> publish(const Bench& bench, const BuiltRelease& release, const fs::path& keys) {
    return step("publishing " + release.version, [&]() -> Result<> {
        TRY(run_or_fail({(bench.build / "image/holdfast-image").string(), "publish", release.folder.string(),
                         "--repository", bench.repository().string(), "--deltas", "1", "--no-full", "--keys",
                         keys.string()}));
        return {};
    });
}

struct Applied {
    Taken fetched, applied;
    double growth = 0;
};

// This program once more.
Result<Taken> measured(const Bench& bench, Arguments words) {
    words.insert(words.begin(), (bench.build / "tests/bench/holdfast-bench").string());
    const std::string out = TRY(run_or_fail(words));
    const Json said = Json::parse(out, nullptr, false);
    if (said.is_discarded()) return fail(Code::Corrupt, "the measured process says no JSON");
    return Taken{said.at("seconds").get<double>(), said.at("peak_mib").get<double>()};
}

// From a web server on this computer: what is measured is the program and not a line.
Result<Taken> fetch(const Bench& bench, const fs::path& bundle, const fs::path& keyring) {
    constexpr auto place = "127.0.0.86:8086";
    const auto server = TRY(Child::spawn(
        {(bench.build / "image/holdfast-image").string(), "serve", bench.repository().string(), "--listen", place}, {},
        bench.folder / "serve.log"));
    const fs::path into = bench.folder / "fetched.bundle";
    fs::remove(into);
    return measured(bench,
                    {"fetch", "--url",
                     "http://" + std::string(place) + "/" + bundle.lexically_relative(bench.repository()).string(),
                     "--bundle", into.string(), "--keyring", keyring.string()});
}

// A process of its own, so that its memory is its own.
Result<Applied> apply(const Bench& bench, const ThreeReleases& releases, const BuiltRelease& from,
                      const BuiltRelease& to) {
    const fs::path sysroot = bench.folder / "sysroot";
    TRY(run({"chattr", "-R", "-f", "-i", sysroot.string()}));
    TRY(remove_tree(sysroot));
    TRY(make_directories(sysroot));
    const fs::path keyring = releases.keys / "release.gpg";
    TRY(content::init_sysroot(sysroot));
    TRY(content::pull({.from = from.folder / "repo", .what = from.commit, .trust = keyring}, sysroot));
    TRY(content::deploy(sysroot, from.commit, 'a', content::Place::Staging));
    const std::uintmax_t before = size_of(sysroot / "ostree/repo/objects");
    const fs::path bundle = bench.repository() / "bundles" / to.commit / (from.commit + ".bundle");
    Applied applied{.fetched = TRY(fetch(bench, bundle, keyring)),
                    .applied = TRY(measured(bench, {"apply", "--bundle", bundle.string(), "--sysroot", sysroot.string(),
                                                    "--keyring", keyring.string()}))};
    applied.growth = bytes(size_of(sysroot / "ostree/repo/objects") - before);
    return applied;
}

void add(Figures& figures, const std::string& name, const Costs& costs) {
    figures.emplace_back(name + "_mib", costs.ours / bytes(mebibyte));
    figures.emplace_back(name + "_bytes_over_floor", costs.ours / costs.floor);
    figures.emplace_back(name + "_bytes_over_unpacked_floor", costs.ours / costs.unpacked_floor);
    figures.emplace_back(name + "_bytes_over_ostree", costs.ours / costs.ostree);
    figures.emplace_back(name + "_bytes_over_casync", costs.ours / costs.casync);
    figures.emplace_back(name + "_bytes_over_full", costs.ours / costs.full);
}

Result<Taken> since(std::chrono::steady_clock::time_point begun) {
    const std::string status = TRY(read_whole("/proc/self/status"));
    const auto at = status.find("VmHWM:");
    const double kib = at == status.npos ? 0 : std::stod(status.substr(at + 6));
    return Taken{std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(), kib / 1024};
}

}  // namespace

Result<Figures> update(const fs::path& source) {
    const Bench bench{source};
    TRY(remove_tree(bench.repository()));
    const auto releases = TRY(build_releases(source, bench.folder, bench.build));
    std::println(stderr, "security: {}\nkernel: {}", join(releases.fixed, "; "), join(releases.kernels, "; "));
    TRY(publish(bench, releases.old, releases.keys));
    // Only the newest release has bundles.
    TRY(publish(bench, releases.security, releases.keys));
    const auto security = TRY(costs_of(bench, releases.old, releases.security));
    const auto small = TRY(
        step("applying the security release", [&] { return apply(bench, releases, releases.old, releases.security); }));
    TRY(publish(bench, releases.kernel, releases.keys));
    const auto kernel = TRY(costs_of(bench, releases.security, releases.kernel));
    const auto large = TRY(step("applying the kernel release",
                                [&] { return apply(bench, releases, releases.security, releases.kernel); }));
    Figures figures;
    add(figures, "security", security);
    add(figures, "kernel", kernel);
    figures.emplace_back("peak_rss_mib", std::max(small.applied.peak_mib, large.applied.peak_mib));
    figures.emplace_back("fetch_peak_rss_mib", std::max(small.fetched.peak_mib, large.fetched.peak_mib));
    figures.emplace_back("fetch_seconds", small.fetched.seconds);
    figures.emplace_back("apply_seconds", small.applied.seconds);
    figures.emplace_back("kernel_apply_seconds", large.applied.seconds);
    figures.emplace_back("sysroot_growth_over_floor", small.growth / security.floor);
    return figures;
}

Result<Taken> apply_bundle(const fs::path& file, const fs::path& sysroot, const fs::path& keyring) {
    const auto begun = std::chrono::steady_clock::now();
    const auto bundle = TRY(content::BundleFile::open(file, keyring));
    const auto& content = bundle.header().contents.front();
    TRY(content::unbundle(bundle, content, sysroot, keyring));
    TRY(content::deploy(sysroot, content.commit, 'b', content::Place::Staging));
    TRY(content::read_back(sysroot, content.commit, content.from));
    return since(begun);
}

Result<Taken> fetch_bundle(const std::string& url, const fs::path& into, const fs::path& keyring) {
    const auto begun = std::chrono::steady_clock::now();
    // The server may not be up yet.
    update::Link link;
    link.wait = [](std::chrono::milliseconds time) -> Result<> {
        std::this_thread::sleep_for(time);
        return {};
    };
    auto intake = TRY(content::Intake::open(into, keyring));
    TRY(update::fetch(link, url, intake, update::Until::Whole));
    return since(begun);
}

}  // namespace holdfast::bench
