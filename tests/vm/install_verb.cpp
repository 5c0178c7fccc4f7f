#include "base/file.hpp"
#include "base/scratch.hpp"
#include "vm/disk.hpp"
#include "vm/installation.hpp"
#include "vm/start.hpp"

#include <print>

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

constexpr double power_off_limit = 60;  // seconds from the installer's last words until the machine is off

Result<Disk> medium_for(const InstallWish& wish, const fs::path& scratch) {
    const std::string answers = wish.answers ? TRY(read_whole(*wish.answers)) : answers_for(target_serial);
    const fs::path iso = scratch / "medium.iso";
    TRY(customize(wish.image_program, wish.iso, answers, iso));
    const bool stick = wish.medium == InstallWish::Medium::Stick;
    return Disk{.file = iso,
                .format = Disk::Format::Raw,
                .bus = stick ? Disk::Bus::UsbStick : Disk::Bus::Optical,
                .read_only = !stick};
}

Result<Ended> run_installer(const fs::path& scratch, const Disk& medium, const Disk& target, const Bench& bench) {
    const auto started = TRY(start({.folder = scratch, .disks = {medium, target}}, bench));
    const auto ended = TRY(wait_for_installer(*started.machine, Deadline::in(bench.timeout)));
    std::println("installer: {} ({:.1f} s after power-on)", ended.words, ended.seconds);
    std::fflush(stdout);
    if (!started.machine->wait_for_end(Deadline::in(power_off_limit))) started.machine->cut_power();
    return ended;
}

}  // namespace

Result<int> install(const InstallWish& wish, const Bench& bench) {
    if (!fs::exists(wish.iso))
        return fail(Code::NotFound, "there is no " + wish.iso.string() + "; make one with './dev image'");
    const auto scratch = TRY(Scratch::make("vm"));
    const Disk target{.file = scratch.path() / "disk.raw", .format = Disk::Format::Raw, .serial = target_serial};
    TRY(make_empty_disk(target.file, wish.disk_size));
    const auto medium = TRY(medium_for(wish, scratch.path()));
    const auto ended = TRY(run_installer(scratch.path(), medium, target, bench));
    if (ended.how != Ended::How::Done) return 1;
    // The medium is out, and the firmware's variables are those that the installer left.
    const auto started = TRY(start({.folder = scratch.path(), .disks = {target}}, bench));
    return to_verdict(started, bench, wish.console);
}

}  // namespace holdfast::vm
