// Messages to a server: what they say they are, and what stands in their head.
#include "base/good.hpp"
#include "base/http.hpp"

#include <httplib.h>
#include <thread>

using namespace holdfast;
using namespace holdfast::http;
using namespace holdfast::test;

namespace {

// Answers with what came: type, one field, body.
struct World {
    httplib::Server server;
    int port = 0;
    std::jthread thread;
    Client client;

    World() {
        server.Post("/echo", [](const httplib::Request& asked, httplib::Response& answer) {
            answer.status = 202;
            answer.set_content(asked.get_header_value("Content-Type") + "\n" + asked.get_header_value("X-Key") + "\n" +
                                   asked.get_header_value("Content-Length") + "\n" + asked.body,
                               "text/plain");
        });
        port = server.bind_to_any_port("127.0.0.1");
        thread = std::jthread([this] { server.listen_after_bind(); });
        server.wait_until_ready();
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() { server.stop(); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port) + "/echo"; }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_message_is_cbor_unless_it_says_what_it_is, World) {
    const auto plain = good(client.post({.url = url()}, "abc", 1000));
    BOOST_TEST(plain.status == 202);
    BOOST_TEST(plain.body == "application/cbor\n\n3\nabc");
    const auto typed = good(
        client.post({.url = url(), .content_type = "application/json", .fields = {"X-Key: s3cret value", "X-Other: 1"}},
                    "{}", 1000));
    BOOST_TEST(typed.body == "application/json\ns3cret value\n2\n{}");
    BOOST_TEST((bad(client.post({.url = url()}, "abc", 5)).code == Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_line_of_a_head_is_one_line_and_is_not_repeated_in_errors, World) {
    for (const std::string line : {"no colon", ": value", "X Y: z", "X: a\r\nInjected: b", "X: a\nb"}) {
        const auto error = bad(client.post({.url = url(), .fields = {line}}, "", 1000));
        BOOST_TEST((error.code == Code::Denied));
        BOOST_TEST(!error.what.contains(line));
    }
    BOOST_TEST((bad(client.post({.url = url(), .content_type = "a\nb"}, "", 1000)).code == Code::Denied));
}
