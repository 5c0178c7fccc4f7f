// The client against the real guest agent, without a machine around it.
#include "vm/agent.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fcntl.h>
#include <format>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

using namespace holdfast;
using namespace holdfast::vm;
using namespace std::chrono_literals;

namespace {

// qemu-ga is handed a socket that listens already (as systemd does it, sd_listen_fds(3)), so that connecting needs no
// waiting.
class RealAgent {
public:
    RealAgent() {
        sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
        std::strncpy(address.sun_path, (folder_.path() / "socket").c_str(), sizeof address.sun_path - 1);
        const auto* name = reinterpret_cast<const sockaddr*>(&address);
        const Fd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        BOOST_REQUIRE_EQUAL(::bind(listening.number(), name, sizeof address), 0);
        BOOST_REQUIRE_EQUAL(::listen(listening.number(), 1), 0);
        const auto start = std::format("exec 3<&{}; LISTEN_PID=$$ LISTEN_FDS=1 exec qemu-ga -m unix-listen -t {}",
                                       listening.number(), folder_.path().string());
        auto child = Child::spawn({"sh", "-c", start}, {listening.number()}, folder_.path() / "log");
        BOOST_REQUIRE(child);
        child_ = std::move(*child);
        Fd ours(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        BOOST_REQUIRE_EQUAL(::connect(ours.number(), name, sizeof address), 0);
        ::fcntl(ours.number(), F_SETFL, O_NONBLOCK);
        port.channel = Channel(std::move(ours));
    }

    Agent connect() {
        auto agent = Agent::connect(port, [this](Deadline until) { return step(until); }, Deadline::in(30s));
        BOOST_REQUIRE_MESSAGE(agent, agent.error().what);
        return *agent;
    }

    std::filesystem::path file(const char* name) const { return folder_.path() / name; }
    Port port;

private:
    Result<> step(Deadline until) {
        pollfd polled{port.channel.descriptor(), port.channel.events(), 0};
        ::poll(&polled, 1, until.milliseconds_left());
        return port.move();
    }

    Scratch folder_ = Scratch::make("agent").value();
    std::optional<Child> child_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(runs_a_program) {
    RealAgent real;
    Agent agent = real.connect();
    const auto done = agent.run({"/bin/sh", "-c", "cat; echo out; echo err >&2; exit 7"}, Deadline::in(30s), "fed\n");
    BOOST_REQUIRE_MESSAGE(done, done.error().what);
    BOOST_TEST(done->exit == 7);
    BOOST_TEST(done->output == "fed\nout\n");
    BOOST_TEST(done->errors == "err\n");
}

BOOST_AUTO_TEST_CASE(a_failure_carries_its_last_words) {
    RealAgent real;
    Agent agent = real.connect();
    BOOST_TEST(agent.shell("printf fine", Deadline::in(30s)).value() == "fine");
    const auto failed = agent.shell("echo no luck >&2; false", Deadline::in(30s));
    BOOST_REQUIRE(!failed);
    BOOST_TEST(failed.error().what.contains("no luck"));
    const auto missing = agent.run({"/no/such/program"}, Deadline::in(30s));
    BOOST_TEST(!missing);
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_end_in_time) {
    RealAgent real;
    Agent agent = real.connect();
    const auto late = agent.run({"/bin/sh", "-c", "read forever </dev/ptmx"}, Deadline::in(300ms));
    BOOST_REQUIRE(!late);
    BOOST_TEST((late.error().code == Code::Offline));
}

BOOST_AUTO_TEST_CASE(files_go_both_ways_whole) {
    RealAgent real;
    Agent agent = real.connect();
    std::string bytes(2'500'000, 'x');
    for (std::size_t i = 0; i < bytes.size(); i += 3) bytes[i] = static_cast<char>(i % 251);
    const auto file = real.file("data");
    const auto wrote = agent.write_file(file, bytes, Deadline::in(30s));
    BOOST_REQUIRE_MESSAGE(wrote, wrote.error().what);
    BOOST_TEST((read_whole(file).value() == bytes));
    BOOST_TEST((agent.read_file(file, Deadline::in(30s)).value() == bytes));
    BOOST_TEST(!agent.read_file(file, Deadline::in(30s), 1000));
    BOOST_TEST(!agent.read_file(real.file("missing"), Deadline::in(30s)));
}

BOOST_AUTO_TEST_CASE(an_agent_asked_halfway_by_somebody_else_is_synchronised) {
    RealAgent real;
    real.port.channel.send(R"({"execute": "guest-info"})"
                           "\n"
                           R"({"execute": "guest-)");
    Agent agent = real.connect();
    BOOST_TEST(agent.shell("printf fine", Deadline::in(30s)).value() == "fine");
}

BOOST_AUTO_TEST_CASE(nobody_there) {
    auto pair = Channel::make().value();
    Port port;
    port.channel = std::move(pair.ours);
    const auto agent = Agent::connect(port, [&](Deadline) { return port.move(); }, Deadline::in(50ms));
    BOOST_REQUIRE(!agent);
    BOOST_TEST((agent.error().code == Code::Offline));
}

BOOST_AUTO_TEST_CASE(base64) {
    for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
        BOOST_TEST(from_base64(to_base64(text)).value() == text);
    BOOST_TEST(to_base64("foob") == "Zm9vYg==");
    for (const auto* text : {"Zg", "Zg=", "Z===", "====", "Zg=!", "\xff\xff\xff\xff"})
        BOOST_TEST(!from_base64(text), text);
}
