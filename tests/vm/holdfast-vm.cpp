// holdfast-vm: boots and installs images in virtual machines. This file is the command line.
#include "base/json.hpp"
#include "base/words.hpp"
#include "vm/interrupt.hpp"
#include "vm/verbs.hpp"

#include <cstdio>
#include <cstdlib>
#include <print>

namespace {

using namespace holdfast;
namespace fs = std::filesystem;

constexpr int exit_interrupted = 130;

struct Options {
    vm::Bench bench;
    vm::BootWish boot;
    vm::InstallWish install{.disk_size = 16ULL << 30};
    vm::TimeWish time;
    bool no_tpm = false, no_console = false, stick = false, optical = false;
    fs::path answers;
};

// This is build/PRESET/tests/vm/holdfast-vm, beside build/PRESET/image/holdfast-image of the same build.
fs::path beside(const char* path) {
    return (fs::read_symlink("/proc/self/exe").parent_path() / path).lexically_normal();
}

fs::path image_program() {
    return beside("../../image/holdfast-image");
}

void add_common(CLI::App& verb, Options& a) {
    verb.add_flag("--secure-boot", a.bench.secure_boot, "firmware that enforces Secure Boot; it starts in setup mode");
    verb.add_flag("--no-tpm", a.no_tpm, "a machine without a TPM");
    verb.add_flag("--json", a.bench.json, "the last line on stdout is one JSON object");
}

void add_boot(CLI::App& app, Options& a) {
    auto* verb = app.add_subcommand("boot", "Boot an image to its health verdict; the image itself is not written to");
    verb->footer(
        "On a terminal it then stays on the serial console (Ctrl-A X leaves); otherwise the power is cut.\n"
        "Exit codes: 0 green, 1 anything else, 64 wrong words, 66 there is no such image or folder.\n\n"
        "Examples:\n"
        "  holdfast-vm boot build/images/holdfast-generic-x86-64-dev-podman-0.1.0\n"
        "  holdfast-vm boot image.raw --secure-boot --no-console\n"
        "  holdfast-vm boot image.raw --serve build/updates      then: holdfast update download http://10.0.2.100\n"
        "  holdfast-vm boot image.raw --secure-boot --stick build/stick.fat\n"
        "      in the machine  mount /dev/sda /mnt; holdfast enroll request --out /mnt/a.request; umount /mnt\n"
        "      beside it       mcopy -i build/stick.fat ::a.request build/\n"
        "  holdfast-vm boot image.raw --secure-boot --reach 8443\n"
        "      beside it       holdfast hub serve --host 10.0.2.100 --listen 127.0.0.1 --port 8443\n"
        "      in the machine  holdfast enroll join https://10.0.2.100:8443 --authority FINGERPRINT\n"
        "  holdfast-vm boot image.raw --no-console --json | tail -n 1 | jq .seconds");
    verb->add_option("image", a.boot.image, "an image's folder, or its .raw")->required();
    verb->add_option("--serve", a.boot.serve,
                     "a repository of updates, as './dev tool publish --repository DIR' makes it, or any folder of "
                     "files: while the machine runs it finds them at http://10.0.2.100, and takes nothing by itself; "
                     "on it: holdfast update download http://10.0.2.100")
        ->type_name("DIR");
    verb->add_option("--reach", a.boot.reach,
                     "let the machine reach a server on this computer, such as 'holdfast hub serve': 127.0.0.1 port "
                     "PORT here is 10.0.2.100 port PORT in the machine")
        ->type_name("PORT")
        ->check(CLI::Range(1, 65535));
    verb->add_option("--stick", a.boot.stick,
                     "a USB stick with FAT, /dev/sda in the machine: an image of it, made where there is none; while "
                     "the machine has it not mounted, mtools(1) reads and writes it here")
        ->type_name("FILE");
    add_common(*verb, a);
    verb->add_flag("--no-console", a.no_console, "do not stay on the console");
    verb->add_option("--timeout", a.bench.timeout, "seconds until the verdict")
        ->default_val(900)
        ->check(CLI::Range(1, 86'400));
}

void add_install(CLI::App& app, Options& a) {
    auto* verb =
        app.add_subcommand("install", "Install from an ISO onto an empty disk, then boot that disk to its verdict");
    verb->footer(
        "Without --answers the installation is unattended and takes the empty disk (serial number HOLDFAST0).\n"
        "Exit codes: 0 installed and green, 1 anything else, 64 wrong words, 66 there is no such medium.\n\n"
        "Examples:\n"
        "  holdfast-vm install image.iso\n"
        "  holdfast-vm install image.iso --optical --disk-size 8G --no-console\n"
        "  holdfast-vm install image.iso --answers install.yaml --secure-boot");
    verb->add_option("iso", a.install.iso, "the installation medium")->required();
    verb->add_option("--disk-size", a.install.disk_size, "size of the empty disk, such as 16G")
        ->transform(CLI::AsSizeValue(false))
        ->default_str("16G");
    auto* stick = verb->add_flag("--stick", a.stick, "the medium is a USB stick (so by default)");
    verb->add_flag("--optical", a.optical, "the medium is an optical disc")->excludes(stick);
    verb->add_option("--answers", a.answers, "an install.yaml to put on the medium")->check(CLI::ExistingFile);
    verb->add_option("--image-program", a.install.image_program,
                     "holdfast-image, which puts the answers on the medium");
    add_common(*verb, a);
    verb->add_flag("--no-console", a.no_console, "do not stay on the console");
    verb->add_option("--timeout", a.bench.timeout, "seconds for the installation, and again for the boot")
        ->default_val(900)
        ->check(CLI::Range(1, 86'400));
}

void add_time(CLI::App& app, Options& a) {
    auto* verb = app.add_subcommand("time", "Seconds from power-on until the console shows a text");
    verb->footer(
        "One number a line on stdout. Each run is a first boot.\n\n"
        "Examples:\n"
        "  holdfast-vm time image.raw --until 'holdfast: verdict green' --runs 3\n"
        "  holdfast-vm time bare.raw --until 'Reached target multi-user.target' --json");
    verb->add_option("image", a.time.image, "an image's folder, or its .raw")->required();
    verb->add_option("--until", a.time.until, "the text to wait for")->required();
    verb->add_option("--kernel-words", a.time.kernel_words, "more words for the kernel's command line");
    verb->add_option("--runs", a.time.runs, "how often")->default_val(1)->check(CLI::Range(1, 100));
    add_common(*verb, a);
    verb->add_option("--timeout", a.bench.timeout, "seconds for each run")
        ->default_val(900)
        ->check(CLI::Range(1, 86'400));
}

Result<int> work(Options& a, const CLI::App& app) {
    const auto interrupt = TRY(vm::catch_interrupts());
    a.bench.interrupt = interrupt.number();
    a.bench.tpm = !a.no_tpm;
    a.boot.console = a.install.console = !a.no_console;
    a.boot.programs = {image_program(), beside("../../../../tests/net/forward.sh")};
    if (app.got_subcommand("boot")) return vm::boot(a.boot, a.bench);
    if (app.got_subcommand("time")) return vm::measure_time(a.time, a.bench);
    if (a.optical) a.install.medium = vm::InstallWish::Medium::Optical;
    if (!a.answers.empty()) a.install.answers = a.answers;
    if (a.install.image_program.empty()) a.install.image_program = image_program();
    return vm::install(a.install, a.bench);
}

}  // namespace

int main(int count, char** words) {
    Options a;
    CLI::App app("Boots and installs Holdfast images in virtual machines (QEMU, OVMF, a software TPM).", "holdfast-vm");
    app.set_version_flag("--version", HOLDFAST_VERSION);
    app.footer("Examples:\n  holdfast-vm boot image.raw\n  holdfast-vm install image.iso\n  holdfast-vm VERB --help");
    app.require_subcommand(1);
    add_boot(app, a);
    add_install(app, a);
    add_time(app, a);
    if (const auto over = parse_words(app, count, words)) return *over;
    // Disks grow by hundreds of megabytes, and /tmp may be memory.
    ::setenv("TMPDIR", "/var/tmp", 0);
    const auto done = work(a, app);
    if (done) return *done;
    if (done.error().code == Code::Busy) return exit_interrupted;
    std::println(stderr, "holdfast-vm: {}", done.error().what);
    if (a.bench.json) std::println("{}", json::write({{"verdict", "none"}, {"error", done.error().what}}));
    return done.error().code == Code::NotFound ? exit_code(Code::NotFound) : 1;
}
