#include "vm/start.hpp"

#include "vm/disk.hpp"
#include "vm/image.hpp"
#include "vm/terminal.hpp"

#include <array>
#include <fstream>
#include <print>

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t lines_on_attaching = 10, lines_when_red = 25;

Result<fs::path> disk_file(const fs::path& image) {
    if (fs::is_directory(image)) return TRY(find_image(image)).raw();
    if (image.extension() == ".iso")
        return fail(Code::Corrupt, image.string() + " is an installation medium; use 'holdfast-vm install'");
    return image;
}

// UEFI 2.10, 5.3.2: the table's header is in the second block and begins with this.
Result<> check_is_disk(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::array<char, 8> signature{};
    stream.seekg(512).read(signature.data(), signature.size());
    if (stream && std::string_view(signature.data(), signature.size()) == "EFI PART") return {};
    return fail(Code::Corrupt, file.string() + " is no disk image; give an image's folder, or its .raw");
}

std::string colour_and_time(const Machine::Judged& judged) {
    return std::format("verdict: {} after {:.1f} s (power-on to verdict)", judged.verdict.colour, judged.seconds);
}

Json as_json(const Machine::Judged& judged, const Started& started) {
    const auto& verdict = judged.verdict;
    Json object{{"verdict", verdict.colour},  {"seconds", judged.seconds},  {"slot", verdict.slot},
                {"board", verdict.board},     {"profile", verdict.profile}, {"version", verdict.version},
                {"healthy", verdict.healthy}, {"checks", verdict.checks},   {"stages", as_json(*started.stages)}};
    object["tries_left"] = verdict.tries_left ? Json(*verdict.tries_left) : Json();
    return object;
}

}  // namespace

Json as_json(const std::vector<Stages::Reached>& stages) {
    Json object = Json::object();
    for (const auto& each : stages) object[std::string(text(each.stage))] = each.seconds;
    return object;
}

Result<Disk> disk_over(const fs::path& image, const fs::path& scratch) {
    const fs::path file = TRY(disk_file(image));
    if (!fs::exists(file))
        return fail(Code::NotFound, "there is no " + file.string() +
                                        "; give an image's folder, such as build/images/NAME, or its .raw; "
                                        "'./dev image' makes one");
    TRY(check_is_disk(file));
    TRY(make_overlay(file, scratch / "disk.qcow2"));
    // Every board's initrd knows NVMe; virtio is only for images that are meant for virtual machines, too.
    return Disk{.file = scratch / "disk.qcow2", .bus = Disk::Bus::Nvme, .serial = target_serial};
}

Result<Started> start(Hardware hardware, const Bench& bench) {
    hardware.secure_boot = bench.secure_boot;
    hardware.tpm = bench.tpm;
    hardware.tell_processors = false;
    Started started{TRY(Machine::power_on(hardware)), std::make_shared<std::vector<Stages::Reached>>()};
    Machine& machine = *started.machine;
    machine.interrupt = bench.interrupt;
    std::println(stderr, "{:7.1f} s  power on", machine.seconds());
    machine.on_console = [&machine, reached = started.stages, stages = Stages()](std::string_view) mutable {
        for (const auto& each : stages.look(machine.console())) {
            std::println(stderr, "{:7.1f} s  {}", each.seconds, text(each.stage));
            reached->push_back(each);
        }
    };
    return started;
}

Result<int> to_verdict(const Started& started, const Bench& bench, bool console) {
    Machine& machine = *started.machine;
    const auto judged = TRY(machine.wait_for_verdict(Deadline::in(bench.timeout)));
    std::println("{}", colour_and_time(judged));
    if (bench.json) std::println("{}", json::write(as_json(judged, started)));
    std::fflush(stdout);
    if (!judged.verdict.green()) std::println(stderr, "{}", machine.console().last(lines_when_red));
    if (console && on_terminal()) {
        std::println(stderr, "The serial console; Ctrl-A X leaves and cuts the power.\n{}",
                     machine.console().last(lines_on_attaching));
        TRY(attach(machine));
        std::println(stderr);
    }
    machine.cut_power();
    return judged.verdict.green() ? 0 : 1;
}

}  // namespace holdfast::vm
