#include "telemetry/host.hpp"

#include "telemetry/kernel_words.hpp"

#include <algorithm>
#include <array>
#include <sys/statvfs.h>
#include <unistd.h>

namespace holdfast::telemetry {

namespace {

namespace fs = std::filesystem;

constexpr double kibi = 1024, sector = 512, thousand = 1000, million = 1'000'000, percent = 100;

void add(Samples& into, std::string name, Labels labels, std::optional<double> value, double unit = 1) {
    if (value) into.push_back({{std::move(name), std::move(labels)}, *value * unit});
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=12": what stands behind "avg60=".
std::optional<double> named_number(const std::vector<std::string_view>& words, std::string_view name) {
    for (const auto word : words)
        if (word.starts_with(name) && word.substr(name.size()).starts_with('='))
            return number_in(word.substr(name.size() + 1));
    return std::nullopt;
}

// A partition is part of its disk, which is counted already; a loop and a RAM disk are none.
bool is_disk(const fs::path& root, std::string_view name) {
    if (name.starts_with("loop") || name.starts_with("ram") || name.starts_with("zram")) return false;
    std::error_code none;
    const auto listed = root / "sys/class/block" / name;
    return !fs::exists(listed / "partition", none);
}

struct Counted {
    double size = 0, available = 0, files = 0, files_free = 0;
};
std::optional<Counted> count_at(const fs::path& place) {
    struct statvfs told{};
    if (::statvfs(place.c_str(), &told) != 0) return std::nullopt;
    const auto block = static_cast<double>(told.f_frsize);
    return Counted{static_cast<double>(told.f_blocks) * block, static_cast<double>(told.f_bavail) * block,
                   static_cast<double>(told.f_files), static_cast<double>(told.f_favail)};
}

}  // namespace

void add_processors(const fs::path& root, Samples& into) {
    constexpr std::array modes{"user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"};
    const double tick = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
    double processors = 0;
    for (const auto& line : lines_of(root / "proc/stat")) {
        const auto words = words_of(line);
        if (words.empty()) continue;
        if (words[0] == "cpu")
            for (std::size_t i = 0; i < modes.size(); ++i)
                add(into, "holdfast_host_cpu_seconds_total", {{"mode", modes[i]}}, number_at(words, i + 1), tick);
        else if (words[0].starts_with("cpu"))
            ++processors;
        else if (words[0] == "btime")
            add(into, "holdfast_host_boot_time_seconds", {}, number_at(words, 1));
    }
    if (processors > 0) add(into, "holdfast_host_cpus", {}, processors);
}

void add_memory(const fs::path& root, Samples& into) {
    constexpr std::array kinds{std::pair{"MemTotal:", "total"},         std::pair{"MemFree:", "free"},
                               std::pair{"MemAvailable:", "available"}, std::pair{"Buffers:", "buffers"},
                               std::pair{"Cached:", "cached"},          std::pair{"Dirty:", "dirty"},
                               std::pair{"SwapTotal:", "swap-total"},   std::pair{"SwapFree:", "swap-free"}};
    for (const auto& line : lines_of(root / "proc/meminfo")) {
        const auto words = words_of(line);
        const auto* found =
            std::ranges::find_if(kinds, [&](const auto& kind) { return !words.empty() && words[0] == kind.first; });
        if (found == kinds.end() || words.size() != 3 || words[2] != "kB") continue;
        add(into, "holdfast_host_memory_bytes", {{"kind", found->second}}, number_at(words, 1), kibi);
    }
}

void add_load(const fs::path& root, Samples& into) {
    constexpr std::array minutes{"1", "5", "15"};
    const auto load = lines_of(root / "proc/loadavg");
    const auto words = load.empty() ? std::vector<std::string_view>() : words_of(load.front());
    for (std::size_t i = 0; i < minutes.size(); ++i)
        add(into, "holdfast_host_load", {{"minutes", minutes[i]}}, number_at(words, i));
    if (words.size() > minutes.size()) {
        const auto tasks = split(words[minutes.size()], '/');
        add(into, "holdfast_host_tasks", {{"kind", "runnable"}}, number_in(tasks[0]));
        if (tasks.size() == 2) add(into, "holdfast_host_tasks", {{"kind", "all"}}, number_in(tasks[1]));
    }
    const auto uptime = lines_of(root / "proc/uptime");
    if (!uptime.empty()) add(into, "holdfast_host_uptime_seconds", {}, number_at(words_of(uptime.front()), 0));
}

void add_pressure(const fs::path& root, Samples& into) {
    for (const auto* resource : {"cpu", "memory", "io"})
        for (const auto& line : lines_of(root / "proc/pressure" / resource)) {
            const auto words = words_of(line);
            if (words.empty() || (words[0] != "some" && words[0] != "full")) continue;
            const Labels labels{{"resource", resource}, {"who", std::string(words[0])}};
            add(into, "holdfast_host_pressure_ratio", labels, named_number(words, "avg60"), 1 / percent);
            add(into, "holdfast_host_pressure_seconds_total", labels, named_number(words, "total"), 1 / million);
        }
}

void add_disks(const fs::path& root, Samples& into) {
    constexpr std::size_t name = 2, reads = 3, read_sectors = 5, writes = 7, written_sectors = 9, busy = 12;
    for (const auto& line : lines_of(root / "proc/diskstats")) {
        const auto words = words_of(line);
        if (words.size() <= busy || !is_disk(root, words[name])) continue;
        // A reader without a disc has done nothing and never will.
        if (words[reads] == "0" && words[writes] == "0") continue;
        const Labels labels{{"device", valid_utf8(words[name])}};
        add(into, "holdfast_host_disk_reads_total", labels, number_at(words, reads));
        add(into, "holdfast_host_disk_read_bytes_total", labels, number_at(words, read_sectors), sector);
        add(into, "holdfast_host_disk_writes_total", labels, number_at(words, writes));
        add(into, "holdfast_host_disk_written_bytes_total", labels, number_at(words, written_sectors), sector);
        add(into, "holdfast_host_disk_busy_seconds_total", labels, number_at(words, busy), 1 / thousand);
    }
}

void add_network(const fs::path& root, Samples& into) {
    constexpr std::array columns{std::pair{0, "receive_bytes"},    std::pair{2, "receive_errors"},
                                 std::pair{3, "receive_dropped"},  std::pair{8, "transmit_bytes"},
                                 std::pair{10, "transmit_errors"}, std::pair{11, "transmit_dropped"}};
    for (const auto& line : lines_of(root / "proc/net/dev")) {
        // A number may follow the colon without a space.
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto device = valid_utf8(trim(std::string_view(line).substr(0, colon)));
        if (device == "lo") continue;
        const auto words = words_of(std::string_view(line).substr(colon + 1));
        for (const auto& [column, what] : columns)
            add(into, std::string("holdfast_host_network_") + what + "_total", {{"device", device}},
                number_at(words, static_cast<std::size_t>(column)));
    }
}

void add_file_systems(const fs::path& root, Samples& into) {
    for (const auto* mount : {"/", "/var"}) {
        const auto space = count_at(root / fs::path(mount).relative_path());
        if (!space) continue;
        const Labels labels{{"mount", mount}};
        add(into, "holdfast_host_filesystem_size_bytes", labels, space->size);
        add(into, "holdfast_host_filesystem_available_bytes", labels, space->available);
        if (space->files > 0) {
            add(into, "holdfast_host_filesystem_files", labels, space->files);
            add(into, "holdfast_host_filesystem_files_free", labels, space->files_free);
        }
    }
}

Samples host(const fs::path& root) {
    Samples all;
    for (const auto& each : {add_processors, add_memory, add_load, add_pressure, add_disks, add_network,
                             add_temperatures, add_file_systems})
        each(root, all);
    return all;
}

}  // namespace holdfast::telemetry
