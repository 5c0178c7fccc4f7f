#include "compose/libraries.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <optional>
#include <set>

namespace holdfast::compose {

namespace {

namespace fs = std::filesystem;

// What readelf(1) tells of its DT_NEEDED: "0x… (NEEDED)  Shared library: [libc.so.6]".
Result<std::vector<std::string>> needs(const fs::path& file) {
    const std::string told = TRY(run_or_fail({"readelf", "--dynamic", "--wide", file.string()}));
    std::vector<std::string> names;
    for (const auto& line : split(told, '\n')) {
        const auto begin = line.find('['), end = line.rfind(']');
        if (line.contains("(NEEDED)") && begin < end) names.push_back(line.substr(begin + 1, end - begin - 1));
    }
    return names;
}

// Where the dynamic loader looks with no other word: Debian's folder of the processor, and the plain ones.
std::vector<fs::path> library_folders(const fs::path& tree) {
    std::vector<fs::path> folders{tree / "usr/lib", tree / "usr/lib64"};
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(tree / "usr/lib", none))
        if (entry.path().filename().string().contains("-linux-gnu")) folders.push_back(entry.path());
    return folders;
}

std::optional<fs::path> find_in(const std::vector<fs::path>& folders, const std::string& name) {
    for (const auto& folder : folders)
        if (fs::exists(folder / name)) return folder / name;
    return std::nullopt;
}

// mkosi's archive has no "./" in front of its names; one that has is read as well.
Result<> unpack_libraries(const fs::path& archive, const fs::path& into) {
    TRY(remove_tree(into));
    TRY(make_directories(into));
    TRY(run_or_fail({"cpio", "--extract", "--make-directories", "--no-absolute-filenames", "--quiet", "--file",
                     fs::absolute(archive).string(), "usr/lib*.so*", "./usr/lib*.so*"},
                    {.directory = into}));
    return {};
}

}  // namespace

Result<std::vector<MissingLibrary>> missing_libraries(const fs::path& tree, const fs::path& program,
                                                      const std::vector<std::string>& loaded) {
    const auto folders = library_folders(tree);
    const std::string itself = program.filename();
    std::vector<MissingLibrary> wanted, missing;
    for (const auto& name : loaded) wanted.push_back({name, itself});
    for (auto& name : TRY(needs(program))) wanted.push_back({std::move(name), itself});
    std::set<std::string> seen;
    while (!wanted.empty()) {
        const auto next = std::move(wanted.back());
        wanted.pop_back();
        if (!seen.insert(next.name).second) continue;
        const auto file = find_in(folders, next.name);
        if (!file) {
            missing.push_back(next);
            continue;
        }
        for (auto& name : TRY(needs(*file))) wanted.push_back({std::move(name), next.name});
    }
    return missing;
}

Result<> check_installer_libraries(const fs::path& archive, const fs::path& program, const fs::path& scratch) {
    // The TSS loads its way to a TPM by name.
    const std::vector<std::string> loaded{"libtss2-tcti-device.so.0"};
    TRY(unpack_libraries(archive, scratch));
    const auto missing = TRY(missing_libraries(scratch, program, loaded));
    TRY(remove_tree(scratch));
    if (missing.empty()) return {};
    std::string names;
    for (const auto& each : missing) names += (names.empty() ? "" : ", ") + each.name + " (for " + each.needed_by + ")";
    return fail(Code::NotFound, "the installer's system lacks " + names +
                                    "; add the Debian packages to Packages= in recipes/installer/mkosi.conf, and the "
                                    "names to the list in recipes/installer/mkosi.finalize, which removes the others");
}

}  // namespace holdfast::compose
