// The installer's console with its other end in a test's hands.
#pragma once

#include "install/console.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <sys/socket.h>

namespace holdfast::install {

// A terminal whose other end is in our hands.
struct Line {
    enum class Kind { Socket, Terminal };
    Fd ours;
    std::string unread;
    Console console;

    explicit Line(Kind kind = Kind::Socket) : console(kind == Kind::Socket ? by_socket() : by_terminal()) {}
    Console by_socket() {
        int ends[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        ours = Fd(ends[0]);
        return at(ends[1]);
    }
    // A real one, which shows what is typed.
    Console by_terminal() {
        ours = Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
        BOOST_REQUIRE((::grantpt(ours.number()) == 0 && ::unlockpt(ours.number()) == 0));
        return at(::open(::ptsname(ours.number()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    }
    static Console at(int end) {
        BOOST_REQUIRE(end >= 0);
        std::vector<Fd> terminals;
        terminals.emplace_back(end);
        return Console(std::move(terminals));
    }
    void type(std::string_view words) const {
        BOOST_REQUIRE(::write(ours.number(), words.data(), words.size()) == static_cast<ssize_t>(words.size()));
    }
    // What was shown up to the end of this text, since the last time; the test's time limit ends it where it never is.
    std::string shown(std::string_view text) {
        while (!unread.contains(text)) {
            char buffer[256];
            const ssize_t n = ::read(ours.number(), buffer, sizeof buffer);
            BOOST_REQUIRE(n > 0);
            unread.append(buffer, static_cast<std::size_t>(n));
        }
        const auto end = unread.find(text) + text.size();
        const std::string bytes = unread.substr(0, end);
        unread.erase(0, end);
        return bytes;
    }
};

}  // namespace holdfast::install
