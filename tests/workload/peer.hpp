// The program peer (peer.go) beside a test: what it writes, line by line.
#pragma once

#include "base/process.hpp"
#include "tpm/real_tpm.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace holdfast {

class Peer {
public:
    // `command` is a line of bash. Its input ends with this object.
    explicit Peer(const std::string& command) {
        std::array<int, 2> out{}, in{};
        BOOST_REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0 && ::pipe2(in.data(), O_CLOEXEC) == 0);
        const Fd writes(out[1]), reads(in[0]);
        told_ = Fd(out[0]);
        input_ = Fd(in[1]);
        child_.emplace(good(Child::spawn(
            {"bash", "-c",
             "exec " + command + " >&" + std::to_string(writes.number()) + " <&" + std::to_string(reads.number())},
            {writes.number(), reads.number()})));
    }
    // The next line without its end; "" where none comes within a minute, or it has ended.
    std::string line() {
        std::string text;
        pollfd polled{told_.number(), POLLIN, 0};
        char letter = 0;
        while (::poll(&polled, 1, 60'000) == 1 && ::read(told_.number(), &letter, 1) == 1 && letter != '\n')
            text += letter;
        return text;
    }
    // The next line that begins so.
    std::string line_of(std::string_view beginning) {
        std::string text = line();
        while (!text.empty() && !text.starts_with(beginning)) text = line();
        return text;
    }
    int exit() {
        input_.close();
        return child_->wait(std::chrono::minutes(1)).value_or(-1);
    }

private:
    Fd told_, input_;
    std::optional<Child> child_;
};

}  // namespace holdfast
