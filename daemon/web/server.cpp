#include "web/server.hpp"

#include <cerrno>
#include <cstring>
#include <httplib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace holdfast::web {

namespace {

// By itself the library would set SO_REUSEPORT, with which a second server of the same port starts as well, and clients
// come to one or the other. This one alone lets a server start again at once.
void set_options(socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

// Whether somebody listens there.
bool answers(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool is = socket >= 0 && ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    if (socket >= 0) ::close(socket);
    return is;
}

}  // namespace

Result<int> bind_port(httplib::Server& server, const std::string& address, int port) {
    server.set_socket_options(set_options);
    // It writes an answer's head and body one after the other; else the body waits until the client has told that the
    // head came, which clients put off by 40 ms.
    server.set_tcp_nodelay(true);
    errno = 0;
    const int bound = port == 0 ? server.bind_to_any_port(address) : server.bind_to_port(address, port) ? port : -1;
    if (bound >= 0) return bound;
    const int why = errno;
    const std::string place = address + " port " + std::to_string(port);
    if (why == EADDRINUSE)
        return fail(Code::Busy,
                    place + ": this address is in use; does this server run already? Else give another --port");
    return fail(Code::Busy, "cannot listen at " + place + ": " +
                                (why == 0 ? "no address of a computer" : std::strerror(why)) +
                                "; --listen has to be an address of this computer");
}

Result<> bind_socket(httplib::Server& server, const std::filesystem::path& path) {
    if (path.string().size() >= sizeof(sockaddr_un::sun_path))
        return fail(Code::Corrupt, path.string() + ": the path of a socket has 107 bytes at most");
    if (answers(path)) return fail(Code::Busy, path.string() + ": somebody listens there already");
    std::error_code none;
    std::filesystem::remove(path, none);
    server.set_address_family(AF_UNIX);
    server.set_socket_options([](socket_t) {});
    const mode_t before = ::umask(0117);
    errno = 0;
    const bool bound = server.bind_to_port(path.string(), 1);
    const int why = errno;
    ::umask(before);
    if (!bound) return fail(Code::Busy, "cannot listen at " + path.string() + ": " + std::strerror(why));
    return {};
}

sigset_t Ending::mask() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

Ending::Ending(std::vector<httplib::Server*> servers)
    : servers_(std::move(servers)), thread_([this, signals = mask()] {
          int which = 0;
          sigwait(&signals, &which);
          for (auto* server : servers_) {
              // One that does not listen yet would not be stopped.
              server->wait_until_ready();
              server->stop();
          }
      }) {}

Ending::~Ending() {
    for (auto* server : servers_) server->decommission();
    pthread_kill(thread_.native_handle(), SIGINT);
    thread_.join();
}

}  // namespace holdfast::web
