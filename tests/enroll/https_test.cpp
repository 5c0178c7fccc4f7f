// The authority on a line: the same messages and the same answers as on a stick.
#include "base/file.hpp"
#include "base/http.hpp"
#include "hub/service.hpp"
#include "identity/issue.hpp"
#include "small_hub.hpp"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <future>
#include <thread>

using namespace holdfast;
using namespace holdfast::hub;

namespace {

class Served {
public:
    Served() {
        const std::int64_t now = std::time(nullptr);
        auto authority = make_hub(folder(), now);
        fingerprint = authority.fingerprint();
        ticket = good(authority.make_ticket("north", "*", now + 3600, 1)).code;
        good(authority.store().allow_endorsement(sha256(box.ask().ek_public), "delivered"));
        // The server ends at a signal to the process, which only it waits for.
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        std::promise<int> ready;
        auto port = ready.get_future();
        server_ = std::thread([this, &ready] {
            good(serve(folder(), {.address = "127.0.0.1", .port = 0, .names = {"127.0.0.1"}},
                       [&](int at) { ready.set_value(at); }));
        });
        url = "https://127.0.0.1:" + std::to_string(port.get());
    }
    ~Served() {
        ::kill(::getpid(), SIGTERM);
        server_.join();
    }
    std::filesystem::path folder() const { return scratch.path() / "hub"; }
    Result<http::Answered> post(std::string_view message, const std::string& root) {
        return client.post({.url = url + "/v1/enroll", .root_fingerprint = root}, message, enroll::answer_limit);
    }
    http::Answered post(std::string_view message) { return good(post(message, fingerprint)); }
    std::string request() const { return enroll::write_request(box.ask()); }
    std::string taken(const std::string& asked, const std::string& answer) const {
        auto tpm = box.tpm.open();
        return good(enroll::take(tpm, box.keys, asked, answer)).id.uri();
    }

    Scratch scratch = Scratch::make("https").value();
    MeasuredBox box;
    std::string fingerprint, ticket, url;
    http::Client client;

private:
    std::thread server_;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_box_with_a_ticket_is_answered_at_once_and_the_same_again, Served) {
    box.wish.ticket = ticket;
    const std::string asked = request();
    const auto answer = post(asked);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(taken(asked, answer.body) == "spiffe://clinic.example/site/north/box/ventilator-7");
    BOOST_TEST((post(asked).body == answer.body));
}

BOOST_FIXTURE_TEST_CASE(without_one_it_waits_for_a_person_and_asks_again, Served) {
    const std::string asked = request();
    for (int i = 0; i < 2; ++i) {
        const auto waits = post(asked);
        BOOST_TEST(waits.status == 202);
        BOOST_TEST(Json::parse(waits.body).at("outcome") == "asked");
        BOOST_TEST(waits.body.contains("the box has none, so a person has to know it"));
    }
    const auto file = folder() / "waiting" / (sha256_hex(asked) + ".request");
    auto authority = good(Authority::open(folder()));
    // Asking again and again fills no books.
    BOOST_TEST(good(authority.store().history(sha256_hex(box.ask().ek_public))).size() == 1U);
    BOOST_TEST(good(authority.admit(good(read_whole(file)), {.name = "ada", .site = {}, .box = {}}, std::time(nullptr)))
                   .answer != "");
    const auto answer = post(asked);
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(taken(asked, answer.body).ends_with("ventilator-7"));
}

BOOST_FIXTURE_TEST_CASE(what_is_refused_is_told_why, Served) {
    box.wish.running.commit = std::string(64, 'd');
    const auto refused = post(request());
    BOOST_TEST(refused.status == 403);
    BOOST_TEST(refused.body.contains("it says that it runs commit dddd"));
    BOOST_TEST(post("nonsense").status == 400);
    BOOST_TEST(post(std::string(enroll::request_limit + 1, 'x')).status == 413);
}

BOOST_FIXTURE_TEST_CASE(nobody_but_that_authority_is_talked_to, Served) {
    const std::string asked = request();
    BOOST_TEST((post(asked, std::string(64, 'a')).error().code == Code::Denied));
    BOOST_TEST((post(asked, fingerprint.substr(0, 15)).error().code == Code::Denied));
    BOOST_TEST(post(asked, fingerprint.substr(0, 16)).has_value());
    // Nor under a name that its certificate does not have.
    url.replace(url.find("127.0.0.1"), 9, "localhost");
    BOOST_TEST((post(asked, fingerprint).error().code == Code::Denied));
}

BOOST_FIXTURE_TEST_CASE(the_field_s_tools_agree, Served) {
    box.wish.ticket = ticket;
    const std::string asked = request();
    good(write_whole(scratch.path() / "request", asked));
    const std::string root = (folder() / "root.pem").string();
    const auto answer = good(run_or_fail({"curl", "-sS", "--fail", "--noproxy", "*", "--cacert", root, "--data-binary",
                                          "@" + (scratch.path() / "request").string(), url + "/v1/enroll"}));
    BOOST_TEST(taken(asked, answer).ends_with("ventilator-7"));
    const auto said = good(run({"openssl", "s_client", "-connect", url.substr(8), "-CAfile", root,
                                "-verify_return_error", "-verify_ip", "127.0.0.1"}));
    BOOST_TEST(said.output.contains("Verification: OK"), said.output + said.errors);
}
