#include "vm/served.hpp"

#include "base/file.hpp"
#include "base/handle.hpp"
#include "vm/deadline.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace holdfast::vm {

namespace {

namespace fs = std::filesystem;

sockaddr_in on_loopback(unsigned port) {
    return {.sin_family = AF_INET,
            .sin_port = htons(static_cast<std::uint16_t>(port)),
            .sin_addr = {htonl(INADDR_LOOPBACK)},
            .sin_zero = {}};
}

// One that nobody uses now.
Result<unsigned> free_port() {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto address = on_loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (!socket || ::bind(socket.number(), generic, size) < 0 || ::getsockname(socket.number(), generic, &size) < 0)
        return std::unexpected(system_error(errno, "loopback", "cannot find a free port of"));
    return ntohs(address.sin_port);
}

bool answers(unsigned port) {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = on_loopback(port);
    return socket && ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::string carrier_to(unsigned port, const fs::path& program) {
    return program.string() + " " + std::to_string(port);
}

Result<Served> Served::open(const fs::path& folder, const Programs& programs, const fs::path& log) {
    if (!fs::is_directory(folder))
        return fail(Code::NotFound, "there is no folder " + folder.string() +
                                        "; make one with './dev tool publish IMAGE --repository DIR'");
    const unsigned port = TRY(free_port());
    const std::string place = "127.0.0.1:" + std::to_string(port);
    auto server = TRY(
        Child::spawn({programs.image.string(), "serve", fs::absolute(folder).string(), "--listen", place}, {}, log));
    const auto deadline = Deadline::in(10);
    while (!answers(port))
        if (server.wait(std::chrono::milliseconds(50)) || deadline.passed())
            return fail(Code::Offline, "the web server for " + folder.string() +
                                           " does not answer; it says: " + read_whole(log).value_or("nothing"));
    return Served(std::move(server), carrier_to(port, programs.carrier));
}

}  // namespace holdfast::vm
