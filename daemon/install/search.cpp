#include "install/search.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "install/answers.hpp"
#include "install/disk.hpp"

#include <algorithm>
#include <poll.h>
#include <systemd/sd-device.h>

namespace holdfast::install {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Monitor = Handle<sd_device_monitor, sd_device_monitor_unref>;
using Device = Handle<sd_device, sd_device_unref>;

constexpr auto work = "/run/holdfast/install";
constexpr std::chrono::seconds between_lines{5};

Result<Monitor> watch_block_devices() {
    sd_device_monitor* opened = nullptr;
    int error = sd_device_monitor_new(&opened);
    Monitor monitor(opened);
    if (error >= 0) error = sd_device_monitor_filter_add_match_subsystem_devtype(opened, "block", nullptr);
    if (error >= 0) error = sd_device_monitor_start(opened, nullptr, nullptr);
    if (error < 0) return std::unexpected(system_error(-error, "udev", "cannot listen to"));
    return monitor;
}

// Whether a device came or changed in this time; all that is waiting is taken at once.
bool changed(sd_device_monitor* monitor, std::chrono::milliseconds within) {
    pollfd polled{sd_device_monitor_get_fd(monitor), POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(within.count())) <= 0) return false;
    sd_device* device = nullptr;
    while (sd_device_monitor_receive(monitor, &device) > 0) Device(std::exchange(device, nullptr));
    return true;
}

std::vector<fs::path> whole_disks_with_media() {
    std::vector<fs::path> nodes;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/class/block", error)) {
        std::error_code none;
        const fs::path node = "/dev" / entry.path().filename();
        if (!fs::exists(entry.path() / "partition", none) && iso_volume(node) == volume_id) nodes.push_back(node);
    }
    std::ranges::sort(nodes);
    return nodes;
}

// Nothing where there is none; the size is checked by the parser, which can say what is wrong.
void add_answers(const fs::path& file, std::vector<std::string>& answers) {
    if (auto text = read_whole(file, mebibyte))
        answers.push_back(*std::move(text));
    else if (text.error().code != Code::NotFound)
        answers.push_back("cannot be read: [");
}

// Any computer can write to the stick's FAT partition; few can change the ISO.
void add_answers_of_fat(const fs::path& disk, std::vector<std::string>& answers) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/class/block" / disk.filename(), error)) {
        std::error_code none;
        if (!fs::exists(entry.path() / "partition", none)) continue;
        const auto fat =
            Mount::make("/dev" / entry.path().filename(), fs::path(work) / "fat", "vfat", Access::ReadOnly);
        if (fat) add_answers(fat->at() / "install.yaml", answers);
    }
}

Result<Located> look_at(const fs::path& disk, const std::string& id) {
    std::vector<std::string> answers;
    // Before the ISO: a mounted disk keeps its partitions from being mounted.
    add_answers_of_fat(disk, answers);
    Mount mount = TRY(Mount::make(disk, fs::path(work) / "medium", "iso9660", Access::ReadOnly));
    const std::string text = TRY(read_whole(mount.at() / "holdfast/medium.json", medium_limit));
    const Medium medium = TRY(parse_medium(text));
    if (medium.id != id) return fail(Code::NotFound, disk.string() + " carries medium " + medium.id);
    add_answers(mount.at() / "install.yaml", answers);
    return Located{disk, std::move(mount), std::move(answers)};
}

}  // namespace

Result<std::string> medium_on(std::string_view cmdline) {
    constexpr std::string_view key = "holdfast.medium=";
    const auto at = cmdline.find(key);
    std::string_view id = at == std::string_view::npos ? "" : cmdline.substr(at + key.size());
    id = id.substr(0, id.find_first_of(" \n"));
    if (id.size() == 32 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos) return std::string(id);
    return fail(Code::Denied,
                "the kernel command line names no medium (holdfast.medium=); start from the medium itself");
}

Result<Located> find_medium(const std::string& id, Report& report, std::chrono::seconds limit) {
    report.step("looking for the medium " + id);
    const Monitor monitor = TRY(watch_block_devices());
    const auto begun = Clock::now();
    std::string last = "no disk carries an ISO named " + std::string(volume_id);
    while (Clock::now() - begun < limit) {
        for (const auto& disk : whole_disks_with_media()) {
            auto found = look_at(disk, id);
            if (found) return found;
            last = found.error().what;
        }
        while (!changed(monitor.get(), between_lines) && Clock::now() - begun < limit)
            report.step("still looking for the medium (" + last + ")");
    }
    return fail(Code::Offline,
                "the medium " + id + " was not found within " + std::to_string(limit.count()) + " seconds: " + last);
}

}  // namespace holdfast::install
