#include "compose/modules.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "compose/cpio.hpp"
#include "content/packing.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <thread>

namespace holdfast::compose {

namespace {

namespace fs = std::filesystem;

// "kernel/drivers/ata/libata-core.ko.xz" is the module libata_core.
std::string module_name(std::string_view path) {
    std::string name(path.substr(path.rfind('/') + 1));
    name.resize(std::min(name.find(".ko"), name.size()));
    std::ranges::replace(name, '-', '_');
    return name;
}

struct Index {
    std::map<std::string, std::string> path_of;             // by module name
    std::map<std::string, std::vector<std::string>> needs;  // by path
};

Index parse(const std::string& dep) {
    Index index;
    for (const auto& line : split(dep, '\n')) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const std::string path = line.substr(0, colon);
        index.path_of[module_name(path)] = path;
        for (const auto& word : split(trim(line.substr(colon + 1)), ' '))
            if (!word.empty()) index.needs[path].push_back(word);
    }
    return index;
}

std::vector<fs::path> modules_below(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::recursive_directory_iterator(folder, none))
        if (entry.is_regular_file() && entry.path().filename().string().contains(".ko")) files.push_back(entry.path());
    return files;
}

// "x.ko" of "x.ko.xz".
fs::path without_wrapping(const fs::path& module) {
    const std::string path = module.string();
    return path.substr(0, path.rfind(".ko") + 3);
}

Result<> wrap(const fs::path& module) {
    const std::string bytes = TRY(unwrapped(module));
    const std::string packed = TRY(content::pack(content::Packing::Zstd, bytes));
    TRY(remove_tree(module));
    return write_whole(without_wrapping(module) += ".zst", packed);
}

Result<> depmod(const fs::path& tree, const std::string& version) {
    TRY(run_or_fail({"depmod", "-b", tree.string(), "-m", "/usr/lib/modules", version}));
    return {};
}

}  // namespace

Result<std::set<std::string>> closure(const std::string& dep, const std::string& builtin,
                                      const std::vector<std::string>& wanted) {
    const Index index = parse(dep);
    std::set<std::string> built_in;
    for (const auto& line : split(builtin, '\n')) built_in.insert(module_name(line));
    std::vector<std::string> open;
    for (const auto& name : wanted) {
        const std::string key = module_name(name);
        if (built_in.contains(key)) continue;
        const auto found = index.path_of.find(key);
        if (found == index.path_of.end())
            return fail(Code::NotFound,
                        "the kernel has no module '" + name + "'; correct the name in board.yaml or remove it");
        open.push_back(found->second);
    }
    std::set<std::string> result;
    while (!open.empty()) {
        const std::string path = open.back();
        open.pop_back();
        if (!result.insert(path).second) continue;
        const auto needs = index.needs.find(path);
        if (needs != index.needs.end()) open.insert(open.end(), needs->second.begin(), needs->second.end());
    }
    return result;
}

Result<std::string> kernel_version(const fs::path& tree) {
    std::vector<std::string> versions;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(tree / "usr/lib/modules", ignored))
        versions.push_back(entry.path().filename());
    if (versions.size() == 1) return versions.front();
    return fail(Code::Corrupt, "the tree must hold one kernel, but has " + std::to_string(versions.size()) +
                                   "; name one kernel package in the board's mkosi.conf");
}

Result<std::size_t> sign_added_modules(const fs::path& tree, const std::string& version, const keys::Keys& keys) {
    const auto files = modules_below(tree / "usr/lib/modules" / version / "updates");
    for (const auto& file : files) {
        const std::string bytes = TRY(unwrapped(file));
        TRY(remove_tree(file));
        TRY(write_whole(without_wrapping(file), bytes));
        TRY(keys::sign_module(keys, without_wrapping(file)));
    }
    return files.size();
}

Result<std::size_t> wrap_modules(const fs::path& tree, const std::string& version) {
    const auto files = modules_below(tree / "usr/lib/modules" / version);
    std::atomic<std::size_t> next = 0;
    const auto work = [&]() -> Result<> {
        for (std::size_t i = next++; i < files.size(); i = next++) TRY(wrap(files[i]));
        return {};
    };
    std::vector<std::future<Result<>>> workers;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
        workers.push_back(std::async(std::launch::async, work));
    for (auto& worker : workers) TRY(worker.get());
    TRY(depmod(tree, version));
    return files.size();
}

Result<> gather_modules(const fs::path& tree, const std::string& version, const std::vector<std::string>& wanted,
                        const fs::path& into) {
    const fs::path from = tree / "usr/lib/modules" / version;
    const fs::path to = into / "usr/lib/modules" / version;
    const std::string dep = TRY(read_whole(from / "modules.dep"));
    const std::string builtin = TRY(read_whole(from / "modules.builtin"));
    TRY(make_directories(to));
    for (const auto& path : TRY(closure(dep, builtin, wanted))) {
        const fs::path target = to / without_wrapping(path);
        TRY(make_directories(target.parent_path()));
        // Unwrapped: one zstd frame over all of them is smaller and starts faster.
        const std::string bytes = TRY(unwrapped(from / path));
        TRY(write_whole(target, bytes));
    }
    for (const auto* name : {"modules.order", "modules.builtin", "modules.builtin.modinfo"}) {
        const std::string bytes = TRY(read_whole(from / name));
        TRY(write_whole(to / name, bytes));
    }
    return depmod(into, version);
}

}  // namespace holdfast::compose
