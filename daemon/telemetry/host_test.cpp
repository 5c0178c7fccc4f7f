// On trees as kernels have written them, and on the kernel that runs this.
#include "telemetry/host.hpp"

#include "base/file.hpp"
#include "base/good.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>
#include <unistd.h>

using namespace holdfast;
using namespace holdfast::telemetry;
using test::good;

namespace {

namespace fs = std::filesystem;

using Found = std::map<std::string, double>;

Found by_text(const Samples& samples) {
    Found all;
    for (const auto& each : samples) {
        BOOST_TEST(metric(each.series.name) != nullptr, each.series.name);
        BOOST_TEST(all.emplace(text(each.series), each.value).second, text(each.series));
    }
    return all;
}

struct Tree {
    Scratch scratch = good(Scratch::make("tree"));
    void file(const std::string& name, const std::string& bytes) const {
        const auto path = scratch.path() / name;
        fs::create_directories(path.parent_path());
        good(write_whole(path, bytes));
    }
    template <class Reader>
    Found read(const Reader& reader) const {
        Samples all;
        reader(scratch.path(), all);
        return by_text(all);
    }
};

}  // namespace

// Linux 6.12 on an industrial PC, shortened.
BOOST_FIXTURE_TEST_CASE(processors_are_seconds_by_mode, Tree) {
    file("proc/stat",
         "cpu  10100 200 3300 4000000 500 0 60 7 0 0\n"
         "cpu0 5050 100 1650 2000000 250 0 30 3 0 0\n"
         "cpu1 5050 100 1650 2000000 250 0 30 4 0 0\n"
         "intr 123 0 0\nctxt 99\nbtime 1790000000\nprocesses 5\n");
    const double tick = 1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto found = read(add_processors);
    BOOST_TEST(found.at(R"(holdfast_host_cpu_seconds_total{mode="user"})") == 10100 * tick);
    BOOST_TEST(found.at(R"(holdfast_host_cpu_seconds_total{mode="idle"})") == 4000000 * tick);
    BOOST_TEST(found.at(R"(holdfast_host_cpu_seconds_total{mode="steal"})") == 7 * tick);
    BOOST_TEST(found.at("holdfast_host_cpus") == 2);
    BOOST_TEST(found.at("holdfast_host_boot_time_seconds") == 1790000000);
    BOOST_TEST(found.size() == 10U);
}

// Linux 2.6 and some containers have fewer columns: those are left out.
BOOST_FIXTURE_TEST_CASE(columns_that_are_not_there_are_left_out, Tree) {
    file("proc/stat", "cpu  1 2 3 4\n");
    BOOST_TEST(read(add_processors).size() == 4U);
    file("proc/stat", "cpu  1 x 3 99999999999999999999999999 \xff\n");
    BOOST_TEST(read(add_processors).size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(memory_is_bytes, Tree) {
    file("proc/meminfo",
         "MemTotal:        6104244 kB\nMemFree:         1208112 kB\nMemAvailable:    5404108 kB\nBuffers:          "
         "203096 kB\n"
         "Cached:          3934080 kB\nSwapCached:            0 kB\nSwapTotal:             0 kB\nDirty: "
         "12\nHugePages_Total:       0\n");
    const auto found = read(add_memory);
    BOOST_TEST(found.at(R"(holdfast_host_memory_bytes{kind="total"})") == 6104244.0 * 1024);
    BOOST_TEST(found.at(R"(holdfast_host_memory_bytes{kind="available"})") == 5404108.0 * 1024);
    BOOST_TEST(found.at(R"(holdfast_host_memory_bytes{kind="swap-total"})") == 0);
    BOOST_TEST(found.size() == 6U);  // no swap-free, and Dirty without its unit is not believed
}

BOOST_FIXTURE_TEST_CASE(load_tasks_and_uptime, Tree) {
    file("proc/loadavg", "0.31 1.50 2.07 3/412 23945\n");
    file("proc/uptime", "1234.56 2400.00\n");
    const auto found = read(add_load);
    BOOST_TEST(found.at(R"(holdfast_host_load{minutes="1"})") == 0.31);
    BOOST_TEST(found.at(R"(holdfast_host_load{minutes="15"})") == 2.07);
    BOOST_TEST(found.at(R"(holdfast_host_tasks{kind="runnable"})") == 3);
    BOOST_TEST(found.at(R"(holdfast_host_tasks{kind="all"})") == 412);
    BOOST_TEST(found.at("holdfast_host_uptime_seconds") == 1234.56);
}

BOOST_FIXTURE_TEST_CASE(pressure_is_a_share_and_seconds, Tree) {
    file("proc/pressure/io",
         "some avg10=0.00 avg60=12.50 avg300=1.00 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n");
    const auto found = read(add_pressure);
    BOOST_TEST(found.at(R"(holdfast_host_pressure_ratio{resource="io",who="some"})") == 0.125);
    BOOST_TEST(found.at(R"(holdfast_host_pressure_seconds_total{resource="io",who="some"})") == 2.5);
    BOOST_TEST(found.size() == 4U);
}

BOOST_FIXTURE_TEST_CASE(disks_are_whole_ones_that_did_something, Tree) {
    file("proc/diskstats",
         "   8       0 sda 100 1 800 30 200 2 1600 40 0 2500 70 0 0 0 0 0 0\n"
         "   8       1 sda1 90 1 700 30 100 2 1500 40 0 50 70 0 0 0 0 0 0\n"
         "   7       0 loop0 5 0 10 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
         "  11       0 sr0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
         " 259       0 nvme0n1 1 0 8 0\n");
    file("sys/class/block/sda1/partition", "1\n");
    const auto found = read(add_disks);
    BOOST_TEST(found.at(R"(holdfast_host_disk_reads_total{device="sda"})") == 100);
    BOOST_TEST(found.at(R"(holdfast_host_disk_read_bytes_total{device="sda"})") == 800.0 * 512);
    BOOST_TEST(found.at(R"(holdfast_host_disk_writes_total{device="sda"})") == 200);
    BOOST_TEST(found.at(R"(holdfast_host_disk_written_bytes_total{device="sda"})") == 1600.0 * 512);
    BOOST_TEST(found.at(R"(holdfast_host_disk_busy_seconds_total{device="sda"})") == 2.5);
    BOOST_TEST(found.size() == 5U);
}

BOOST_FIXTURE_TEST_CASE(network_is_every_device_but_lo, Tree) {
    file("proc/net/dev",
         "Inter-|   Receive                                                |  Transmit\n"
         " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "
         "carrier compressed\n"
         "    lo: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
         "enp1s0:4711 20 1 2 0 0 0 0 815 10 3 4 0 0 0 0\n"
         "  wwan0: 5 1 0\n\xff\xfe: 1\n");
    const auto found = read(add_network);
    BOOST_TEST(found.at(R"(holdfast_host_network_receive_bytes_total{device="enp1s0"})") == 4711);
    BOOST_TEST(found.at(R"(holdfast_host_network_receive_errors_total{device="enp1s0"})") == 1);
    BOOST_TEST(found.at(R"(holdfast_host_network_receive_dropped_total{device="enp1s0"})") == 2);
    BOOST_TEST(found.at(R"(holdfast_host_network_transmit_bytes_total{device="enp1s0"})") == 815);
    BOOST_TEST(found.at(R"(holdfast_host_network_transmit_errors_total{device="enp1s0"})") == 3);
    BOOST_TEST(found.at(R"(holdfast_host_network_transmit_dropped_total{device="enp1s0"})") == 4);
    // A record takes valid UTF-8 alone, and a device may have any name.
    BOOST_TEST(found.at("holdfast_host_network_receive_bytes_total{device=\"\ufffd\ufffd\"}") == 1);
    BOOST_TEST(found.size() == 9U);  // and two of wwan0
}

BOOST_FIXTURE_TEST_CASE(temperatures_are_of_zones_and_chips, Tree) {
    file("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
    file("sys/class/thermal/thermal_zone0/temp", "45500\n");
    file("sys/class/thermal/thermal_zone1/type", "acpitz\n");
    file("sys/class/thermal/thermal_zone1/temp", "-274000\n");
    file("sys/class/thermal/cooling_device0/type", "Fan\n");
    file("sys/class/hwmon/hwmon0/name", "nvme\n");
    file("sys/class/hwmon/hwmon0/temp1_input", "38850\n");
    file("sys/class/hwmon/hwmon0/temp1_label", "Composite\n");
    file("sys/class/hwmon/hwmon1/name", "nvme\n");
    file("sys/class/hwmon/hwmon1/temp1_input", "40000\n");
    file("sys/class/hwmon/hwmon1/temp1_label", "Composite\n");
    file("sys/class/hwmon/hwmon2/temp3_input", "-12000\n");
    file("sys/class/hwmon/hwmon2/in0_input", "1000\n");
    const Found expected{{R"(holdfast_host_temperature_celsius{sensor="x86_pkg_temp"})", 45.5},
                         {R"(holdfast_host_temperature_celsius{sensor="nvme:Composite"})", 38.85},
                         {R"(holdfast_host_temperature_celsius{sensor="nvme:Composite-2"})", 40},
                         {R"(holdfast_host_temperature_celsius{sensor="hwmon2:temp3"})", -12}};
    BOOST_TEST((read(add_temperatures) == expected));
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_is_left_out_and_never_zero, Tree) {
    auto found = by_text(host(scratch.path()));
    std::erase_if(found, [](const auto& each) { return each.first.starts_with("holdfast_host_filesystem"); });
    BOOST_TEST(found.empty());
    BOOST_TEST(!read(add_file_systems).contains(R"(holdfast_host_filesystem_size_bytes{mount="/var"})"));
    file("proc/stat", "");
    file("proc/loadavg", "\n");
    file("proc/uptime", "soon\n");
    file("proc/meminfo", std::string(2 << 20, 'x'));
    file("proc/diskstats", "1 2\n");
    file("proc/net/dev", ":\n");
    found = by_text(host(scratch.path()));
    std::erase_if(found, [](const auto& each) { return each.first.starts_with("holdfast_host_filesystem"); });
    BOOST_TEST(found.empty());
}

BOOST_AUTO_TEST_CASE(the_kernel_that_runs_this_is_read) {
    const auto found = by_text(host("/"));
    BOOST_TEST(found.at(R"(holdfast_host_memory_bytes{kind="total"})") > 1e6);
    BOOST_TEST(found.at(R"(holdfast_host_memory_bytes{kind="available"})") <=
               found.at(R"(holdfast_host_memory_bytes{kind="total"})"));
    BOOST_TEST(found.at(R"(holdfast_host_cpu_seconds_total{mode="user"})") > 0);
    BOOST_TEST(found.at("holdfast_host_cpus") == static_cast<double>(::sysconf(_SC_NPROCESSORS_ONLN)));
    BOOST_TEST(found.at("holdfast_host_uptime_seconds") > 0);
    BOOST_TEST(found.at(R"(holdfast_host_filesystem_size_bytes{mount="/"})") > 1e6);
    BOOST_TEST(found.at(R"(holdfast_host_tasks{kind="all"})") > 1);
}
