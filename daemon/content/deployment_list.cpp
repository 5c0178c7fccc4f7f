#include "content/deployment_list.hpp"

#include "base/file.hpp"

#include <cerrno>
#include <unistd.h>
#include <vector>

namespace holdfast::content {

namespace {

namespace fs = std::filesystem;

// ostree/boot.1/OSNAME/BOOTCHECKSUM/SERIAL, a link to each deployment ("Deployments", libostree's manual).
std::vector<fs::path> links_below(const fs::path& folder) {
    std::vector<fs::path> links;
    std::error_code error;
    for (const auto& osname : fs::directory_iterator(folder, error))
        for (const auto& checksum : fs::directory_iterator(osname.path(), error))
            for (const auto& link : fs::directory_iterator(checksum.path(), error)) links.push_back(link.path());
    return links;
}

Result<> write_entries(const fs::path& sysroot, const std::string& version, const fs::path& into) {
    const fs::path boot = sysroot / ("ostree/boot." + version);
    TRY(make_directories(into));
    unsigned number = 0;
    for (const auto& link : links_below(boot)) {
        const std::string name = "ostree-" + std::to_string(++number);
        const fs::path inside = fs::path("/ostree/boot." + version) / link.lexically_relative(boot);
        TRY(write_whole(into / (name + ".conf"), "title Holdfast\nversion " + std::to_string(number) +
                                                     "\noptions ostree=" + inside.string() + "\n"));
    }
    return {};
}

}  // namespace

Result<> restore_deployment_list(const fs::path& sysroot) {
    std::error_code none;
    const fs::path loader = sysroot / "boot/loader";
    if (fs::exists(fs::symlink_status(loader, none))) return {};
    for (const std::string version : {"0", "1"}) {
        if (!fs::exists(sysroot / ("ostree/boot." + version), none)) continue;
        TRY(write_entries(sysroot, version, sysroot / "boot" / ("loader." + version) / "entries"));
        if (::symlink(("loader." + version).c_str(), loader.c_str()) < 0)
            return std::unexpected(system_error(errno, loader, "cannot make the symlink"));
        return sync_directory(loader.parent_path());
    }
    return {};
}

}  // namespace holdfast::content
