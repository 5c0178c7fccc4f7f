#include "recipe/trees.hpp"

#include "base/progress.hpp"

#include <future>

namespace holdfast::recipe {

namespace fs = std::filesystem;

Result<Trees> make_trees(const Recipe& recipe, const Workplace& at, bool installer) {
    const auto memory_system = [&](const std::string& which) -> Result<> {
        TRY(step("mkosi: " + which, [&] { return build_memory_system(recipe, at, which); }));
        return {};
    };
    // They share no files, so the small ones go on beside the long one.
    auto small = std::async(std::launch::async, [&]() -> Result<> {
        TRY(memory_system("initrd"));
        return installer ? memory_system("installer") : Result<>();
    });
    const auto root = step("mkosi: root tree", [&] { return build_root(recipe, at); });
    const auto others = small.get();
    if (!root) return std::unexpected(root.error());
    if (!others) return std::unexpected(others.error());
    return Trees{root->parent_path(), installer};
}

Result<Trees> find_trees(const fs::path& folder, bool installer) {
    const Trees trees{folder, installer};
    std::vector<fs::path> wanted{trees.root() / "usr", trees.archive("initrd"), trees.packages("initrd")};
    if (installer) wanted.insert(wanted.end(), {trees.archive("installer"), trees.packages("installer")});
    for (const auto& path : wanted)
        if (!fs::exists(path))
            return fail(Code::NotFound, path.string() + ": not there; 'holdfast-image build --trees-only' makes it");
    if (fs::exists(trees.root() / "usr/etc"))
        return fail(Code::Corrupt, trees.root().string() +
                                       ": was composed already and is used up; make it again with "
                                       "'holdfast-image build --trees-only'");
    return trees;
}

}  // namespace holdfast::recipe
