#include "base/scratch.hpp"
#include "vm/disk.hpp"
#include "vm/start.hpp"

#include <print>

namespace holdfast::vm {

namespace {

constexpr unsigned web_port = 80;

Result<> add_stick(Hardware& hardware, const std::filesystem::path& stick) {
    TRY(make_stick(stick));
    // Behind the disk, so that the firmware starts that.
    hardware.disks.push_back({.file = stick, .format = Disk::Format::Raw, .bus = Disk::Bus::UsbStick});
    std::println(stderr, "{} is the stick /dev/sda in the machine", stick.string());
    return {};
}

// The machine's only ways out. What serves the folder, where one is served, runs as long as it is kept.
Result<std::optional<Served>> add_doors(Hardware& hardware, const BootWish& wish, const std::filesystem::path& log) {
    std::optional<Served> served;
    if (!wish.serve.empty()) {
        if (wish.reach == web_port)
            return fail(Code::Corrupt, "with --serve port 80 is the folder's; let --reach name another one");
        served = TRY(Served::open(wish.serve, wish.programs, log));
        hardware.doors[web_port] = served->carrier();
        std::println(stderr, "{} is at {} in the machine", wish.serve.string(), Served::url);
    }
    if (wish.reach != 0) {
        hardware.doors[wish.reach] = carrier_to(wish.reach, wish.programs.carrier);
        std::println(stderr, "127.0.0.1 port {} of this computer is 10.0.2.100 port {} in the machine", wish.reach,
                     wish.reach);
    }
    if (!hardware.doors.empty()) hardware.network = Network::User;
    return served;
}

}  // namespace

Result<int> boot(const BootWish& wish, const Bench& bench) {
    const auto scratch = TRY(Scratch::make("vm"));
    const auto disk = TRY(disk_over(wish.image, scratch.path()));
    Hardware hardware{.folder = scratch.path(), .disks = {disk}};
    if (!wish.stick.empty()) TRY(add_stick(hardware, wish.stick));
    const auto served = TRY(add_doors(hardware, wish, scratch.path() / "serve.log"));
    const auto started = TRY(start(std::move(hardware), bench));
    return to_verdict(started, bench, wish.console);
}

}  // namespace holdfast::vm
