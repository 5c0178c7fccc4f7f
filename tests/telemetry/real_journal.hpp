// A journal that systemd-journald itself has written, below a root folder.
#pragma once

#include "bus/private_bus.hpp"

#include <fstream>
#include <string>
#include <vector>

namespace holdfast {

struct Message {
    int priority = 6;
    std::string identifier, text;
};

// Has journald take these messages; its journal is in var/log/journal below the root, and grows with each call.
// journald runs in a mount namespace of its own, so that it sees no other computer than that root.
inline void write_journal(const std::filesystem::path& root, const std::vector<Message>& messages) {
    namespace fs = std::filesystem;
    constexpr auto machine = "0123456789abcdef0123456789abcdef";
    const auto folder = root / "var/log/journal", run = root / "run.journald", kept = folder / machine,
               used = folder / (std::string(machine) + ".test");
    for (const auto& each : {folder, run}) fs::create_directories(each);
    if (fs::exists(kept)) fs::rename(kept, used);
    std::ofstream(run / "machine-id") << machine << "\n";
    fs::remove(run / "notify");
    const NotifySocket notify(run / "notify");
    ::setenv("NOTIFY_SOCKET", (run / "notify").c_str(), 1);
    // A namespace of journald has neither the kernel's messages nor /dev/log.
    auto child = Child::spawn({"unshare", "--mount", "bash", "-ec",
                               "mount --bind \"$1/machine-id\" /etc/machine-id; mount --bind \"$2\" /var/log/journal; "
                               "mount --bind \"$1\" /run; export NOTIFY_SOCKET=/run/notify; "
                               "exec /usr/lib/systemd/systemd-journald test",
                               "journald", run.string(), folder.string()});
    ::unsetenv("NOTIFY_SOCKET");
    BOOST_REQUIRE(child.has_value());
    BOOST_REQUIRE(notify.wait_for("READY=1"));
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{.sun_family = AF_UNIX};
    const auto place = (run / "systemd/journal.test/socket").string();
    BOOST_REQUIRE(place.size() < sizeof address.sun_path);
    place.copy(address.sun_path, sizeof address.sun_path - 1);
    for (const auto& each : messages) {
        const auto datagram = "PRIORITY=" + std::to_string(each.priority) + "\nSYSLOG_IDENTIFIER=" + each.identifier +
                              "\nMESSAGE=" + each.text + "\n";
        BOOST_REQUIRE(::sendto(socket.number(), datagram.data(), datagram.size(), 0,
                               reinterpret_cast<const sockaddr*>(&address), sizeof address) > 0);
    }
    const auto synced = run_or_fail(
        {"nsenter", "--mount", "--target=" + std::to_string(child->pid()), "journalctl", "--namespace=test", "--sync"});
    BOOST_REQUIRE_MESSAGE(synced.has_value(), (synced ? "" : synced.error().what));
    child->end();
    fs::rename(used, kept);
}

}  // namespace holdfast
