#include "bench/catalog_idle.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <print>
#include <sstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds settling{10}, least{120};
constexpr int patience = 20'000;  // milliseconds, for a program to be ready

struct Bus {
    Child child;
    std::string address;
};

Result<Bus> start_bus() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::unexpected(system_error(errno, "pipe", "cannot make"));
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    auto child =
        TRY(Child::spawn({"dbus-daemon", "--session", "--nofork", "--print-address=" + std::to_string(writer.number())},
                         {writer.number()}));
    writer.close();
    std::string address;
    // It writes that once it is up.
    for (char c = 0; ::read(reader.number(), &c, 1) == 1 && c != '\n';) address += c;
    if (address.empty()) return fail(Code::Bug, "dbus-daemon ended before it was up");
    return Bus{std::move(child), address};
}

// The socket on which a service says that it is ready (sd_notify(3)).
Result<Fd> notified(const fs::path& path) {
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path.native().size() >= sizeof address.sun_path) return fail(Code::Bug, path.string() + " is too long");
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return std::unexpected(system_error(errno, path, "cannot bind"));
    return socket;
}

Result<Child> start_daemon(const fs::path& programs, const fs::path& root, const std::string& bus) {
    const Fd socket = TRY(notified(root / "notify"));
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.c_str(), 1);
    ::setenv("NOTIFY_SOCKET", (root / "notify").c_str(), 1);
    auto child = Child::spawn({(programs / "holdfastd").string(), "--root", root.string()}, {}, root / "holdfastd.log");
    ::unsetenv("NOTIFY_SOCKET");
    pollfd polled{socket.number(), POLLIN, 0};
    if (child && ::poll(&polled, 1, patience) != 1)
        return fail(Code::Bug, "holdfastd is not ready: " + read_whole(root / "holdfastd.log").value_or(""));
    return child;
}

// How often the kernel has given it a processor because something had happened.
Result<long long> woken(const Child& child) {
    long long sum = 0;
    for (const auto& each : fs::directory_iterator("/proc/" + std::to_string(child.pid()) + "/task")) {
        std::ifstream status(each.path() / "status");
        for (std::string line; std::getline(status, line);)
            if (line.starts_with("voluntary_ctxt_switches:")) sum += std::atoll(line.c_str() + line.find(':') + 1);
    }
    if (sum == 0) return fail(Code::Bug, "a program that was to idle has ended");
    return sum;
}

// Its share of all memory that it has mapped, MiB.
Result<double> share_of(const Child& child) {
    std::ifstream all("/proc/" + std::to_string(child.pid()) + "/smaps_rollup");
    for (std::string line; std::getline(all, line);)
        if (line.starts_with("Pss:")) return std::atof(line.c_str() + line.find(':') + 1) / 1024;
    return fail(Code::Bug, "the kernel does not tell what a program's memory is");
}

}  // namespace

Result<Idling> Idling::begin(const fs::path& source, const fs::path& root) {
    const fs::path programs = source / "build/release/daemon/programs";
    TRY(make_directories(root / "run/holdfast"));
    auto bus = TRY(start_bus());
    auto daemon = TRY(start_daemon(programs, root, bus.address));
    auto catalog = TRY(Child::spawn({(programs / "holdfast-catalog").string(), "--root", root.string(), "serve",
                                     "--port", "-1", "--socket", (root / "catalog.sock").string()},
                                    {}, root / "catalog.log"));
    Idling idling(std::move(bus.child), std::move(daemon), std::move(catalog));
    std::this_thread::sleep_for(settling);
    idling.since_ = std::chrono::steady_clock::now();
    for (auto& each : idling.watched_) each.woken = TRY(woken(each.child));
    return idling;
}

Result<Figures> Idling::end() {
    std::this_thread::sleep_until(since_ + least);
    const double minutes = std::chrono::duration<double>(std::chrono::steady_clock::now() - since_).count() / 60;
    Figures figures;
    for (std::size_t i = 0; i < watched_.size(); ++i) {
        const auto& each = watched_[i];
        const double rate = static_cast<double>(TRY(woken(each.child)) - each.woken) / minutes;
        const std::string before = i == 0 ? "" : "serving_";
        figures.emplace_back(before + "idle_pss_mib", TRY(share_of(each.child)));
        figures.emplace_back(before + "idle_wakeups_per_minute", rate);
    }
    std::println("  {} minutes of idling were watched", minutes);
    return figures;
}

}  // namespace holdfast::bench
