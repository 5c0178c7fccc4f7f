// A dbus-daemon for one test, and the daemon under test on it.
#pragma once

#include "base/process.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>

namespace holdfast {

class PrivateBus {
public:
    PrivateBus() {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        const Fd reader(ends[0]);
        Fd writer(ends[1]);
        auto child =
            Child::spawn({"dbus-daemon", "--session", "--nofork", "--print-address=" + std::to_string(writer.number())},
                         {writer.number()});
        BOOST_REQUIRE(child.has_value());
        child_.emplace(std::move(*child));
        writer.close();
        // Returns when the bus is up: that is when the address is written.
        for (char c = 0; ::read(reader.number(), &c, 1) == 1 && c != '\n';) address_ += c;
        BOOST_REQUIRE(!address_.empty());
    }
    const std::string& address() const { return address_; }

private:
    std::optional<Child> child_;
    std::string address_;
};

// The datagram socket that sd_notify(3) writes to.
class NotifySocket {
public:
    explicit NotifySocket(const std::filesystem::path& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{.sun_family = AF_UNIX};
        BOOST_REQUIRE(path.native().size() < sizeof address.sun_path);
        path.native().copy(address.sun_path, sizeof address.sun_path - 1);
        BOOST_REQUIRE(::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    // Waits until a message with `text` comes; false after ten seconds.
    bool wait_for(std::string_view text) const {
        std::array<char, 4096> buffer;
        pollfd polled{socket_.number(), POLLIN, 0};
        while (::poll(&polled, 1, 10'000) == 1) {
            const ssize_t n = ::recv(socket_.number(), buffer.data(), buffer.size(), 0);
            if (n > 0 && std::string_view(buffer.data(), static_cast<std::size_t>(n)).contains(text)) return true;
        }
        return false;
    }

private:
    Fd socket_;
};

}  // namespace holdfast
