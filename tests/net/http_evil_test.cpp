// The fetcher against a server that breaks off, lies, crawls and stays silent.
#include "base/http.hpp"
#include "net/evil_server.hpp"
#include "real_nginx.hpp"

#include <stop_token>
#include <thread>

using namespace holdfast;
using namespace holdfast::http;
using namespace holdfast::test;
using std::chrono::seconds;

namespace {

struct World {
    Scratch scratch = good(Scratch::make("evil"));
    std::string file = noise(1'000'000);
    Client client;
    std::string got;  // by the last fetches

    World() { put(scratch.path() / "file", file); }
    Result<Head> fetch(const Request& request) {
        return client.fetch(request, [&](const Head& head, std::span<const char> piece) -> Result<> {
            BOOST_TEST(head.begins_at == request.from);
            got.append(piece.begin(), piece.end());
            return {};
        });
    }
    // Such answers as no server gives: the bytes as they are.
    Result<Head> fetch_verbatim(const std::string& answer, Request request = {}) {
        server.behave_well();
        server.behave({.verbatim = answer});
        got.clear();
        request.url = url();
        return fetch(request);
    }
    std::string url() const { return server.url("/file"); }
    Code code_after(const Behaviour& behaviour, Request request = {}) {
        server.behave_well();
        server.behave(behaviour);
        got.clear();
        request.url = url();
        return bad(fetch(request)).code;
    }

    EvilServer server{scratch.path()};  // ends before the rest
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(an_honest_server_is_asked_once_on_one_connection, World) {
    const auto head = good(fetch({.url = url()}));
    BOOST_TEST((got == file));
    got.clear();
    good(fetch({.url = url(), .from = 1000, .to = 2000, .if_range = head.etag}));
    BOOST_TEST((got == file.substr(1000, 1000)));
    BOOST_TEST(server.count("/file").requests == 2U);
    BOOST_TEST(server.count("/file").bytes == file.size() + 1000);
    BOOST_TEST(server.connections() == 1U);
    BOOST_TEST((bad(fetch({.url = server.url("/none")})).code == Code::NotFound));
}

BOOST_FIXTURE_TEST_CASE(a_transfer_that_breaks_goes_on_and_nothing_comes_twice, World) {
    server.behave({.cut_after = 70'000});
    unsigned rounds = 0;
    std::string etag;
    Result<Head> done = fail(Code::Offline, "");
    for (; !done && rounds < 100; ++rounds) {
        done = client.fetch({.url = url(), .from = got.size(), .if_range = etag},
                            [&](const Head& head, std::span<const char> piece) -> Result<> {
                                etag = head.etag;
                                got.append(piece.begin(), piece.end());
                                return {};
                            });
        BOOST_TEST((done || done.error().code == Code::Offline));
    }
    BOOST_TEST((got == file));
    BOOST_TEST(rounds == 15U);
    BOOST_TEST(server.total().requests == 15U);
    BOOST_TEST(server.total().bytes == file.size());
}

BOOST_FIXTURE_TEST_CASE(a_server_in_trouble_is_asked_once_a_fetch_and_says_how_long_to_wait, World) {
    server.behave({.times = 2, .status = 503, .retry_after = 7});
    for (int i = 0; i < 2; ++i) {
        BOOST_TEST((bad(fetch({.url = url()})).code == Code::Offline));
        BOOST_TEST((client.retry_after() == seconds(7)));
    }
    good(fetch({.url = url()}));
    BOOST_TEST(!client.retry_after().has_value());
    BOOST_TEST((got == file));
    BOOST_TEST(server.total().requests == 3U);
}

BOOST_FIXTURE_TEST_CASE(statuses_are_told_apart, World) {
    for (const int status : {429, 500, 502}) BOOST_TEST((code_after({.status = status}) == Code::Offline));
    for (const int status : {400, 401, 403}) BOOST_TEST((code_after({.status = status}) == Code::Denied));
    BOOST_TEST((code_after({.status = 416}, {.from = 5}) == Code::Corrupt));
    BOOST_TEST((code_after({.status = 204}) == Code::Corrupt));
    BOOST_TEST(got == "");
}

BOOST_FIXTURE_TEST_CASE(lies_about_the_length_are_found, World) {
    BOOST_TEST((code_after({.length_error = 10}) == Code::Offline));
    BOOST_TEST((got == file));
    for (const int error : {10, -10})
        BOOST_TEST((code_after({.length_error = error}, {.from = 100, .to = 200}) == Code::Corrupt));
    BOOST_TEST(got == "");
    // Of a whole file that is announced too short, only that much comes; what is missing, the digest tells.
    server.behave_well();
    server.behave({.length_error = -10});
    BOOST_TEST(good(fetch({.url = url()})).total.value() == file.size() - 10);
    BOOST_TEST((got == file.substr(0, file.size() - 10)));
    // And what was sent too much is no part of the next answer.
    server.behave_well();
    got.clear();
    good(fetch({.url = url(), .to = 100}));
    BOOST_TEST((got == file.substr(0, 100)));
}

BOOST_FIXTURE_TEST_CASE(other_bytes_than_asked_for_are_refused, World) {
    for (const int error : {1, -1})
        BOOST_TEST((code_after({.range_error = error}, {.from = 100, .to = 200}) == Code::Corrupt));
    BOOST_TEST(got == "");
    put(scratch.path() / "other", noise(2'000'000).substr(1'000'000));
    server.behave_well();
    server.behave({.other_file = "other"});
    good(fetch({.url = url(), .from = 100, .to = 200}));  // only a digest can tell
    BOOST_TEST((got == noise(2'000'000).substr(1'000'100, 100)));
}

BOOST_FIXTURE_TEST_CASE(a_server_without_ranges_begins_at_the_beginning, World) {
    server.behave({.ignore_range = true});
    const auto head =
        good(client.fetch({.url = url(), .from = 900'000}, [&](const Head& so_far, auto piece) -> Result<> {
            BOOST_TEST(so_far.begins_at == 0U);
            got.append(piece.begin(), piece.end());
            return {};
        }));
    BOOST_TEST(head.status == 200);
    BOOST_TEST((got == file));
}

BOOST_FIXTURE_TEST_CASE(silence_is_offline_in_the_end, World) {
    BOOST_TEST((code_after({.silent_after = 5000}, {.stall = seconds(1)}) == Code::Offline));
    BOOST_TEST((got == file.substr(0, 5000)));
    BOOST_TEST((code_after({.silent_after = 0}, {.stall = seconds(1)}) == Code::Offline));
    BOOST_TEST((code_after({.mute = true}, {.stall = seconds(1)}) == Code::Offline));
}

BOOST_FIXTURE_TEST_CASE(a_crawl_is_borne_or_not, World) {
    put(scratch.path() / "file", file.substr(0, 3000));
    server.behave({.bytes_per_second = 1000});
    good(fetch({.url = url(), .stall = seconds(10)}));
    BOOST_TEST((got == file.substr(0, 3000)));
    BOOST_TEST((code_after({.bytes_per_second = 10}, {.slowest = 1000, .stall = seconds(2)}) == Code::Offline));
    BOOST_TEST(got.size() < 3000U);
}

// Not even where curl would otherwise take in one piece what has to last for seconds.
BOOST_FIXTURE_TEST_CASE(a_slow_fetch_of_our_own_will_is_no_stall, World) {
    const auto begun = std::chrono::steady_clock::now();
    good(fetch({.url = url(), .to = 40'000, .bytes_per_second = 10'000, .slowest = 1000, .stall = seconds(3)}));
    BOOST_TEST((got == file.substr(0, 40'000)));
    BOOST_TEST((std::chrono::steady_clock::now() - begun > seconds(2)));
}

BOOST_FIXTURE_TEST_CASE(a_fetch_can_be_stopped, World) {
    server.behave({.mute = true});
    std::stop_source stop;
    Result<Head> done;
    std::jthread fetching([&] { done = fetch({.url = url(), .stop = stop.get_token()}); });
    server.wait_for_requests(1);
    stop.request_stop();
    fetching.join();
    BOOST_TEST((bad(done).code == Code::Busy));
    // Before anybody was asked:
    BOOST_TEST((bad(fetch({.url = url(), .stop = stop.get_token()})).code == Code::Busy));
    BOOST_TEST(server.total().requests == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_fetch_can_be_stopped_between_two_pieces, World) {
    std::stop_source stop;
    const auto stopped =
        client.fetch({.url = url(), .stop = stop.get_token()}, [&](const Head&, auto piece) -> Result<> {
            got.append(piece.begin(), piece.end());
            stop.request_stop();
            return {};
        });
    BOOST_TEST((bad(stopped).code == Code::Busy));
    BOOST_TEST((got.size() < file.size() && file.starts_with(got)));
}

BOOST_FIXTURE_TEST_CASE(bodies_in_chunks_are_measured_by_their_range, World) {
    const std::string whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n";
    BOOST_TEST(!good(fetch_verbatim(whole)).total.has_value());
    BOOST_TEST(got == "01234");
    const std::string part = "HTTP/1.1 206 P\r\nContent-Range: bytes 3-6/10\r\nTransfer-Encoding: chunked\r\n\r\n";
    BOOST_TEST(good(fetch_verbatim(part + "4\r\n3456\r\n0\r\n\r\n", {.from = 3})).total.value() == 10U);
    BOOST_TEST((bad(fetch_verbatim(part + "5\r\n34567\r\n0\r\n\r\n", {.from = 3})).code == Code::Offline));
    BOOST_TEST((bad(fetch_verbatim(part + "2\r\n34\r\n0\r\n\r\n", {.from = 3})).code == Code::Offline));
    BOOST_TEST((bad(fetch_verbatim(part + "4\r\n34", {.from = 3})).code == Code::Offline));
}

BOOST_FIXTURE_TEST_CASE(answers_that_make_no_sense_are_refused, World) {
    BOOST_TEST((bad(fetch_verbatim("0123456789\r\n\r\n")).code == Code::Corrupt));
    BOOST_TEST((bad(fetch_verbatim("HTTP/1.1 2x0 OK\r\n\r\n")).code == Code::Corrupt));
    BOOST_TEST((bad(fetch_verbatim("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n01234")).code == Code::Corrupt));
    BOOST_TEST((bad(fetch_verbatim("HTTP/1.1 206 P\r\n\r\n01234", {.from = 5})).code == Code::Corrupt));
    std::string large = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 1000; ++i) large += "X-Filler: 0123456789012345678901234567890123456789\r\n";
    BOOST_TEST((bad(fetch_verbatim(large + "\r\n")).code == Code::Corrupt));
    std::string interim;
    for (int i = 0; i < 10'000; ++i) interim += "HTTP/1.1 103 Early\r\n\r\n";
    BOOST_TEST((bad(fetch_verbatim(interim)).code == Code::Corrupt));
    BOOST_TEST((bad(fetch_verbatim("HTTP/1.1 200 OK\r\nContent-Le")).code == Code::Offline));
    BOOST_TEST(got == "");
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_known_by_its_head, World) {
    // Neither waits for a body, nor counts it as lost.
    const std::string body = "Content-Length: 1000000\r\n\r\n";
    BOOST_TEST((bad(fetch_verbatim("HTTP/1.1 404 N\r\n" + body)).code == Code::NotFound));
    server.behave_well();
    server.behave({.times = 1, .verbatim = "HTTP/1.1 302 F\r\nLocation: /file\r\n" + body + std::string(200'000, 'x')});
    good(fetch({.url = url(), .to = 100}));
    BOOST_TEST((got == file.substr(0, 100)));
}
