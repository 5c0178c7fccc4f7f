#include "telemetry/series.hpp"

#include "base/clock.hpp"

#include <algorithm>
#include <array>

namespace holdfast::telemetry {

namespace {

constexpr auto gauge = Kind::Gauge, counter = Kind::Counter;

// Sorted, so that a name is found by halves.
constexpr auto all = [] {
    std::array made{
        Metric{"holdfast_health_check", gauge, "1", "1 for what a check has answered: healthy, sick or cannot-tell."},
        Metric{"holdfast_health_check_seconds", gauge, "s", "How long a check took."},
        Metric{"holdfast_health_verdict", gauge, "1", "1 for the verdict of this start: green, red or unknown."},
        Metric{"holdfast_host_boot_time_seconds", gauge, "s", "When the kernel started, since the epoch."},
        Metric{"holdfast_host_cpu_seconds_total", counter, "s", "What all processors together did, by mode."},
        Metric{"holdfast_host_cpus", gauge, "1", "Processors that are on."},
        Metric{"holdfast_host_disk_busy_seconds_total", counter, "s", "Time in which a disk had something to do."},
        Metric{"holdfast_host_disk_read_bytes_total", counter, "By", "Read from a disk."},
        Metric{"holdfast_host_disk_reads_total", counter, "1", "Reads that a disk has ended."},
        Metric{"holdfast_host_disk_writes_total", counter, "1", "Writes that a disk has ended."},
        Metric{"holdfast_host_disk_written_bytes_total", counter, "By", "Written to a disk."},
        Metric{"holdfast_host_filesystem_available_bytes", gauge, "By", "What may still be written."},
        Metric{"holdfast_host_filesystem_files", gauge, "1", "Files that a file system has room for."},
        Metric{"holdfast_host_filesystem_files_free", gauge, "1", "Files for which there is still room."},
        Metric{"holdfast_host_filesystem_size_bytes", gauge, "By", "All of a file system."},
        Metric{"holdfast_host_load", gauge, "1", "Tasks that run or wait, over 1, 5 and 15 minutes."},
        Metric{"holdfast_host_memory_bytes", gauge, "By", "Memory, as /proc/meminfo has it."},
        Metric{"holdfast_host_network_receive_bytes_total", counter, "By", "Came in at a device."},
        Metric{"holdfast_host_network_receive_dropped_total", counter, "1", "Packets that came and found no room."},
        Metric{"holdfast_host_network_receive_errors_total", counter, "1", "Packets that came damaged."},
        Metric{"holdfast_host_network_transmit_bytes_total", counter, "By", "Went out at a device."},
        Metric{"holdfast_host_network_transmit_dropped_total", counter, "1", "Packets that found no room to go out."},
        Metric{"holdfast_host_network_transmit_errors_total", counter, "1", "Packets that did not go out well."},
        Metric{"holdfast_host_pressure_ratio", gauge, "1", "Share of the last minute in which some or all waited."},
        Metric{"holdfast_host_pressure_seconds_total", counter, "s", "Time in which some or all tasks waited."},
        Metric{"holdfast_host_tasks", gauge, "1", "Threads: all, and those that could run."},
        Metric{"holdfast_host_temperature_celsius", gauge, "Cel", "What a sensor says."},
        Metric{"holdfast_host_uptime_seconds", gauge, "s", "Since the kernel started."},
        Metric{"holdfast_log_messages_total", counter, "1", "Messages in the journal, by priority; none of debug."},
        Metric{"holdfast_telemetry_sample_timestamp_seconds", gauge, "s",
               "When all this was measured, since the epoch."},
        Metric{"holdfast_telemetry_series", gauge, "1", "Series that this window has."},
        Metric{"holdfast_telemetry_series_left_out", gauge, "1", "Series beyond the limit, which this window lacks."},
        Metric{"holdfast_telemetry_source_up", gauge, "1", "1 where a source could be read, 0 where it could not."},
        Metric{"holdfast_telemetry_windows_lost_total", counter, "1", "Windows that could not be recorded."},
        Metric{"holdfast_unit_memory_bytes", gauge, "By", "What the processes of a unit have."},
        Metric{"holdfast_unit_restarts_total", counter, "1", "How often systemd has started a unit again by itself."},
        Metric{"holdfast_unit_state", gauge, "1", "1 for the state that a unit is in: active, failed, …"},
        Metric{"holdfast_units_failed", gauge, "1", "Units of systemd that have failed."},
        Metric{"holdfast_update_attempts", gauge, "1", "Updates that the box remembers."},
        Metric{"holdfast_update_fetched_bytes", gauge, "By", "What was fetched for the last update."},
        Metric{"holdfast_update_info", gauge, "1", "1 for version and slot of the last update."},
        Metric{"holdfast_update_state", gauge, "1", "1 for the state that the last update is in."},
    };
    return made;
}();
static_assert(std::ranges::is_sorted(all, {}, &Metric::name));

void add_escaped(std::string& into, std::string_view value) {
    for (const char c : value) {
        if (c == '\n') {
            into += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') into += '\\';
        into += c;
    }
}

}  // namespace

std::string text(const Series& series) {
    std::string made = series.name;
    if (series.labels.empty()) return made;
    made += '{';
    for (const auto& [label, value] : series.labels) {
        if (made.back() != '{') made += ',';
        made += label + "=\"";
        add_escaped(made, value);
        made += '"';
    }
    return made += '}';
}

std::span<const Metric> metrics() {
    return all;
}

const Metric* metric(std::string_view name) {
    const auto* found = std::ranges::lower_bound(all, name, {}, &Metric::name);
    return found != all.end() && found->name == name ? found : nullptr;
}

Moment moment_now() {
    return {milliseconds(CLOCK_REALTIME), milliseconds(CLOCK_BOOTTIME)};
}

}  // namespace holdfast::telemetry
