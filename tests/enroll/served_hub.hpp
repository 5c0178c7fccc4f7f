// An authority that serves by TLS, as a process of its own: it can be ended, killed on its way, and started again.
#pragma once

#include "base/crash_point.hpp"
#include "hub/service.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace holdfast {

class ServedHub {
public:
    // Of the authority in `folder`, at a free port of this computer. Dies at that crash point, where one is given.
    explicit ServedHub(const std::filesystem::path& folder, std::string_view dies_at = {},
                       unsigned messages_a_minute = 600, const hub::OnRecord& record = {}) {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        child_ = ::fork();
        if (child_ == 0) {
            if (!dies_at.empty()) arm_crash_point(dies_at);
            const auto tell = [&](int port) { static_cast<void>(!::write(ends[1], &port, sizeof(port))); };
            hub::Listening listening{.address = "127.0.0.1", .port = 0, .names = {"127.0.0.1"}};
            listening.messages_a_minute = messages_a_minute;
            listening.record = record;
            ::_exit(hub::serve(folder, listening, tell) ? 0 : 1);
        }
        ::close(ends[1]);
        int port = 0;
        BOOST_REQUIRE(::read(ends[0], &port, sizeof(port)) == sizeof(port));
        ::close(ends[0]);
        url = "https://127.0.0.1:" + std::to_string(port);
    }
    ServedHub(const ServedHub&) = delete;
    ServedHub& operator=(const ServedHub&) = delete;
    ~ServedHub() { end(); }
    // Nothing where it has ended already: 0 would be this whole group of processes.
    void end() {
        if (child_ <= 0) return;
        ::kill(child_, SIGTERM);
        wait();
    }
    // Its exit status, once it has ended by itself.
    int wait() {
        int status = 0;
        ::waitpid(child_, &status, 0);
        child_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    std::string url;

private:
    pid_t child_ = 0;
};

}  // namespace holdfast
