#include "hub/service.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/openssl.hpp"
#include "enroll/attestation.hpp"
#include "hub/letters.hpp"
#include "hub/node.hpp"
#include "hub/validity.hpp"
#include "hub/waiting.hpp"
#include "identity/x509.hpp"
#include "web/server.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <httplib.h>
#include <map>
#include <mutex>
#include <set>

namespace holdfast::hub {

namespace {

namespace fs = std::filesystem;

constexpr auto ask_again = "10", a_minute = "60";  // seconds
constexpr std::size_t message_limit = 16 * mebibyte, threads = 32;

// What the server shows: its own certificate, those above it, and the root, by which boxes know it.
struct Papers {
    identity::Key key;
    std::vector<std::string> chain;
};

Result<Papers> papers_for(const Authority& authority, const Listening& listening) {
    Papers papers{.key = TRY(identity::make_key()), .chain = {}};
    const std::int64_t now = std::time(nullptr);
    papers.chain = TRY(authority.server_chain(papers.key.get(), listening.names, valid(now, 365)));
    return papers;
}

bool show_papers(SSL_CTX& context, const Papers& papers) {
    SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
    for (std::size_t i = 0; i < papers.chain.size(); ++i) {
        const auto one = identity::parse(papers.chain[i]);
        if (!one) return false;
        const long done =
            i == 0 ? SSL_CTX_use_certificate(&context, one->get()) : SSL_CTX_add1_chain_cert(&context, one->get());
        if (done != 1) return false;
    }
    return SSL_CTX_use_PrivateKey(&context, papers.key.get()) == 1;
}

void tell(httplib::Response& response, int status, const Json& object) {
    response.status = status;
    response.set_content(json::write(object) + "\n", "application/json");
}

// How many messages one address may send within a minute; a site's boxes may share one.
class Pace {
public:
    explicit Pace(unsigned most) : most_(most) {}
    bool takes(const std::string& address) {
        const auto now = std::chrono::steady_clock::now();
        if (now - begun_ >= std::chrono::minutes(1)) {
            begun_ = now;
            sent_.clear();
        }
        return sent_.size() < most_addresses && ++sent_[address] <= most_;
    }

private:
    static constexpr std::size_t most_addresses = 100'000;
    unsigned most_;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::map<std::string, unsigned> sent_;
};

class Desk {
public:
    Desk(Authority authority, Node node, fs::path folder, unsigned messages_a_minute)
        : authority_(std::move(authority)),
          node_(std::move(node)),
          folder_(std::move(folder)),
          waiting_(folder_),
          pace_(messages_a_minute) {}

    void enroll(const httplib::Request& request, httplib::Response& response) {
        const std::scoped_lock one_by_one(mutex_);
        if (!paced(request, response) || !fits(request, response)) return;
        const std::int64_t now = std::time(nullptr);
        const auto admission = authority_.admit(request.body, {}, now);
        if (!admission) return refuse(response, admission.error());
        if (!admission->answer.empty()) {
            waiting_.drop(sha256_hex(request.body));
            return response.set_content(admission->answer, "application/cbor");
        }
        const bool asks = admission->decision.answer() == enroll::Answer::Ask;
        if (asks) {
            const auto kept = keep(request.body, admission->revoked, now);
            if (!kept) return refuse(response, kept.error());
            if (!*kept) return tell(response, 503, {{"error", "too many requests wait for a person"}});
            response.set_header("Retry-After", ask_again);
        }
        tell(response, asks ? 202 : 403,
             {{"outcome", asks ? "asked" : "refused"}, {"checks", as_json(admission->decision)}});
    }

    void judge(const httplib::Request& request, httplib::Response& response) {
        const std::scoped_lock one_by_one(mutex_);
        if (!paced(request, response) || !fits(request, response)) return;
        const auto said = authority_.judge_evidence(request.body, std::time(nullptr));
        if (!said) return refuse(response, said.error());
        if (said->news && said->outcome == "untrusted")
            std::fprintf(stderr, "%s at %s is untrusted: %s\n", said->name.c_str(), said->site.c_str(),
                         enroll::summary(said->decision).c_str());
        tell(response, 200, {{"outcome", said->outcome}, {"checks", as_json(said->decision)}});
    }

    void sync(const httplib::Request& request, httplib::Response& response) {
        const std::scoped_lock one_by_one(mutex_);
        if (!paced(request, response)) return;
        const auto said = node_.answer(request.body, authority_, std::time(nullptr));
        if (!said) return refuse(response, said.error());
        if (!said->carried.bytes.empty()) return response.set_content(said->carried.bytes, "application/cbor");
        tell(response, 409, {{"error", "this number was there before"}, {"number", said->carried.number}});
    }

    void escrow(httplib::Response& response) {
        const std::scoped_lock one_by_one(mutex_);
        const auto chain = authority_.escrow_chain();
        if (!chain) return refuse(response, chain.error());
        response.set_content(identity::pem_of(*chain), "application/x-pem-file");
    }

    void list(httplib::Response& response) {
        const std::scoped_lock one_by_one(mutex_);
        const auto list = authority_.list(std::time(nullptr));
        if (!list) return refuse(response, list.error());
        response.set_content(*list, "application/x-pem-file");
    }

private:
    // Larger than messages of enrollment ever are.
    static bool fits(const httplib::Request& request, httplib::Response& response) {
        if (request.body.size() <= enroll::request_limit) return true;
        tell(response, 413, {{"outcome", "refused"}, {"error", "it is larger than such messages are"}});
        return false;
    }
    bool paced(const httplib::Request& request, httplib::Response& response) {
        if (pace_.takes(request.remote_addr)) return true;
        response.set_header("Retry-After", a_minute);
        tell(response, 429, {{"error", "too many messages from this address; later again"}});
        return false;
    }
    // Whose fault it is: the message's, or ours.
    static void refuse(httplib::Response& response, const Error& error) {
        const int status = error.code == Code::Corrupt    ? 400
                           : error.code == Code::Denied   ? 403
                           : error.code == Code::NotFound ? 404
                                                          : 503;
        if (status != 503) return tell(response, status, {{"outcome", "refused"}, {"error", error.what}});
        std::fprintf(stderr, "holdfast-hub: %s\n", error.what.c_str());
        response.set_header("Retry-After", ask_again);
        tell(response, status, {{"error", "this authority cannot decide now"}});
    }
    // Whether a person will see it.
    Result<bool> keep(const std::string& request, bool revoked, std::int64_t now) {
        const std::string digest = sha256_hex(request);
        if (waiting_.asked_again(digest, now)) return true;
        std::set<std::string> open;
        for (const auto& each : TRY(authority_.store().unanswered()))
            if (each.outcome == "asked") open.insert(each.request);
        const auto kept = TRY(waiting_.keep(request, open, now));
        if (kept == Waiting::Kept::New)
            std::fprintf(stderr, "a box waits for a person: holdfast hub --state %s admit %s%s --by YOUR-NAME\n",
                         folder_.c_str(), waiting_.file(digest).c_str(), revoked ? " --bring-back" : "");
        return kept != Waiting::Kept::Full;
    }

    std::mutex mutex_;
    Authority authority_;
    Node node_;
    fs::path folder_;
    Waiting waiting_;
    Pace pace_;
};

}  // namespace

Result<> serve(const fs::path& folder, const Listening& listening, const std::function<void(int)>& ready) {
    auto authority = TRY(Authority::open(folder));
    const auto papers = TRY(papers_for(authority, listening));
    auto node = TRY(Node::open(folder, authority, std::time(nullptr)));
    authority.record_with(listening.record);
    Desk desk(std::move(authority), std::move(node), folder, listening.messages_a_minute);
    httplib::SSLServer server([&](SSL_CTX& context) { return show_papers(context, papers); });
    if (!server.is_valid()) return openssl_failed("TLS");
    server.set_payload_max_length(message_limit);
    // A connection holds a thread; many boxes come at once, and each of them seldom.
    server.new_task_queue = [] { return new httplib::ThreadPool(threads); };
    server.set_keep_alive_timeout(1);
    server.Post("/v1/enroll",
                [&](const httplib::Request& request, httplib::Response& response) { desk.enroll(request, response); });
    server.Post("/v1/evidence",
                [&](const httplib::Request& request, httplib::Response& response) { desk.judge(request, response); });
    server.Post("/v1/sync",
                [&](const httplib::Request& request, httplib::Response& response) { desk.sync(request, response); });
    server.Get("/v1/escrow", [&](const httplib::Request&, httplib::Response& response) { desk.escrow(response); });
    server.Get("/v1/crl", [&](const httplib::Request&, httplib::Response& response) { desk.list(response); });
    const int port = TRY(web::bind_port(server, listening.address, listening.port));
    const web::Ending ending({&server});
    // After the signals that end it are blocked.
    std::optional<Letters> letters;
    if (fs::exists(folder / nats_folder / "login.json")) letters.emplace(folder, listening.record);
    ready(port);
    if (!server.listen_after_bind()) return fail(Code::Bug, "the server ended by itself");
    return {};
}

}  // namespace holdfast::hub
