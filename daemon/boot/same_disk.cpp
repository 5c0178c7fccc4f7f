// holdfast-same-disk KERNEL-NAME: exits 0 where that partition (say "vda3") is on the disk that the root file
// system is mounted from, 1 where it is not. udev asks this to name our partitions.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;

// The disk that a partition's sysfs folder stands in: /sys/…/block/vda/vda3 gives /sys/…/block/vda.
fs::path disk_of(const fs::path& link) {
    std::error_code error;
    const fs::path partition = fs::canonical(link, error);
    return error ? fs::path() : partition.parent_path();
}

// "MAJOR:MINOR" of what is mounted at /, the third field of /proc/self/mountinfo (proc_pid_mountinfo(5)).
// The last mount at / is the one in force.
std::string root_device() {
    std::ifstream mounts("/proc/self/mountinfo");
    std::string result;
    for (std::string line; std::getline(mounts, line);) {
        std::istringstream words(line);
        std::string id, parent, device, root, point;
        words >> id >> parent >> device >> root >> point;
        if (point == "/") result = device;
    }
    return result;
}

}  // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fputs("usage: holdfast-same-disk KERNEL-NAME\n", stderr);
        return 2;
    }
    const fs::path ours = disk_of("/sys/dev/block/" + root_device());
    const fs::path asked = disk_of(fs::path("/sys/class/block") / words[1]);
    return !ours.empty() && ours == asked ? 0 : 1;
}
