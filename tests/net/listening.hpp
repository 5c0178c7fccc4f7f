// A port that is listened at before the server that will answer there has begun, so that none is fought for and nobody
// has to wait until it is up.
#pragma once

#include "base/handle.hpp"

#include <arpa/inet.h>
#include <boost/test/unit_test.hpp>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>

namespace holdfast::test {

// A socket that listens on a port of the kernel's choice.
class Listening {
public:
    Listening() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        BOOST_REQUIRE(::bind(socket_.number(), generic, size) == 0 && ::listen(socket_.number(), 64) == 0);
        BOOST_REQUIRE(::getsockname(socket_.number(), generic, &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    int number() const { return socket_.number(); }
    std::string place() const { return "127.0.0.1:" + std::to_string(port_); }

private:
    Fd socket_;
    unsigned port_ = 0;
};

}  // namespace holdfast::test
