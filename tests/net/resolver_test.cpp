// The fetcher where the name server is there and says nothing, as behind a link that is half up.
#include "base/http.hpp"
#include "private_mount.hpp"
#include "real_nginx.hpp"

#include <thread>

using namespace holdfast;
using namespace holdfast::http;
using namespace holdfast::test;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

// Takes every question; on an address of 127.0.0.0/8 that nobody else has taken.
class SilentNameServer {
public:
    SilentNameServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(53)};
        for (std::uint32_t at = 2; at < 250; ++at) {
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + at);
            if (::bind(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) continue;
            address_ = "127.0.0." + std::to_string(1 + at);
            return;
        }
    }
    const std::string& address() const { return address_; }
    void wait_for_question() const {
        char byte = 0;
        BOOST_REQUIRE(::recv(socket_.number(), &byte, 1, 0) == 1);
    }

private:
    Fd socket_;
    std::string address_;
};

struct World {
    Scratch scratch = good(Scratch::make("resolver"));
    SilentNameServer server;
    PrivateMount settings{resolv_conf(), "/etc/resolv.conf"};
    Client client;

    fs::path resolv_conf() const {
        put(scratch.path() / "resolv.conf", "nameserver " + server.address() + "\noptions timeout:30 attempts:5\n");
        return scratch.path() / "resolv.conf";
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_silent_name_server_does_not_outlast_the_time_limit, World) {
    const auto begun = steady_clock::now();
    const auto error = bad(client.fetch({.url = "http://example.org/file", .connect_timeout = seconds(1)}, {}));
    BOOST_TEST((error.code == Code::Offline));
    BOOST_TEST((steady_clock::now() - begun < seconds(20)));
}

BOOST_FIXTURE_TEST_CASE(a_silent_name_server_does_not_outlast_a_stop, World) {
    const auto begun = steady_clock::now();
    std::stop_source stop;
    Result<Head> done;
    std::jthread fetching(
        [&] { done = client.fetch({.url = "http://example.org/file", .stop = stop.get_token()}, {}); });
    server.wait_for_question();
    stop.request_stop();
    fetching.join();
    BOOST_TEST((bad(done).code == Code::Busy));
    BOOST_TEST((steady_clock::now() - begun < seconds(20)));
}
