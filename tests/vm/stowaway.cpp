#include "vm/stowaway.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

constexpr auto program = "/usr/sbin/qemu-ga";
constexpr auto unit = R"([Unit]
Description=Guest agent of a test
DefaultDependencies=no
IgnoreOnIsolate=yes
BindsTo=dev-virtio\x2dports-org.qemu.guest_agent.0.device
After=dev-virtio\x2dports-org.qemu.guest_agent.0.device
[Service]
ExecStart=/usr/lib/holdfast-test/loader --library-path /usr/lib/holdfast-test /usr/lib/holdfast-test/qemu-ga -t /run
)";

// The files that ldd(1) names: "libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)", and the loader alone on its line.
std::vector<fs::path> libraries(const std::string& said) {
    std::vector<fs::path> files;
    for (const auto& line : split(said, '\n'))
        for (const auto& word : split(line, ' '))
            if (const auto path = trim(word); path.starts_with('/')) files.emplace_back(path);
    return files;
}

}  // namespace

Result<> hide_agent(const System& system) {
    const std::string root = TRY(system.deployment('a'));
    const std::string folder = root + stowaway_folder + "/";
    const std::string said = TRY(in("the guest agent of the build root", run_or_fail({"ldd", program})));
    for (const auto& file : libraries(said)) {
        const std::string name = file.filename();
        const std::string bytes = TRY(read_whole(file, 64 * mebibyte));
        TRY(system.write(bytes, folder + (name.starts_with("ld-linux") ? "loader" : name), 0755));
    }
    const std::string agent = TRY(read_whole(program, 64 * mebibyte));
    TRY(system.write(agent, folder + "qemu-ga", 0755));
    TRY(system.write(unit, root + "/etc/systemd/system/test-agent.service", 0644));
    TRY(system.write("[Unit]\nWants=test-agent.service\n",
                     root + "/etc/systemd/system/sysinit.target.d/test-agent.conf", 0644));
    return {};
}

}  // namespace holdfast::vm
