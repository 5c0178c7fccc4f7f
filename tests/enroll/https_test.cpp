// The authority on a line: the same messages and the same answers as on a stick.
#include "base/file.hpp"
#include "base/in_child.hpp"
#include "enroll/report.hpp"
#include "identity/issue.hpp"
#include "served_hub.hpp"
#include "small_hub.hpp"

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <optional>

using namespace holdfast;
using namespace holdfast::hub;

namespace {

struct Served {
    Served() {
        prepare(std::time(nullptr));
        hub.emplace(folder());
        url = hub->url;
    }
    // SQLite has to be closed before a process forks.
    void prepare(std::int64_t now) {
        auto authority = make_hub(folder(), now);
        fingerprint = authority.fingerprint();
        ticket = good(authority.make_ticket("north", "*", now + 3600, 1)).code;
        good(authority.store().allow_endorsement(sha256(box.ask().ek_public), "delivered"));
    }
    std::filesystem::path folder() const { return scratch.path() / "hub"; }
    Result<http::Answered> post(std::string_view message, const std::string& root, const std::string& to = "enroll") {
        return client.post({.url = url + "/v1/" + to, .root_fingerprint = root}, message, enroll::answer_limit);
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
    std::optional<ServedHub> hub;
    http::Client client;
};

// A box that was admitted over the line, and makes evidence.
struct Reporting : Served {
    Reporting() {
        box.wish.ticket = ticket;
        auto tpm = box.tpm.open();
        std::string notice;
        const auto asked = good(node.request(tpm, box.wish, notice));
        good(node.import(tpm, post(asked).body, fingerprint));
    }
    std::filesystem::path attest() {
        auto tpm = box.tpm.open();
        const auto check = good(look_at_itself(tpm, node, box.wish, expectations().references));
        return good(spool.add(check.evidence));
    }
    enroll::Reported report(const enroll::Allowance& allowance = {}) {
        http::Client fresh;
        return enroll::report(spool, fresh, {url, fingerprint}, allowance);
    }
    void serve_again(std::string_view dies_at = {}, unsigned a_minute = 600) {
        hub.emplace(folder(), dies_at, a_minute);
        url = hub->url;
    }
    std::vector<Past> history() const {
        return good(good(Authority::open(folder())).store().history(sha256_hex(box.ask().ek_public)));
    }
    std::optional<Judged> judged() const {
        return good(good(Authority::open(folder())).store().judged(sha256_hex(box.ask().ek_public)));
    }

    enroll::Node node{scratch.path() / "box"};
    enroll::EvidenceSpool spool{scratch.path() / "box"};
};

std::vector<std::string> outcomes(const enroll::Reported& reported) {
    std::vector<std::string> all;
    for (const auto& each : reported.said) all.push_back(each.outcome);
    return all;
}

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
    // It waits no more.
    BOOST_TEST(!std::filesystem::exists(file));
    BOOST_TEST(good(authority.store().unanswered()).empty());
}

BOOST_FIXTURE_TEST_CASE(one_address_asks_only_so_often, Served) {
    hub->end();
    hub.emplace(folder(), "", 2);
    url = hub->url;
    const std::string asked = request();
    for (const int status : {202, 202, 429}) BOOST_TEST(post(asked).status == status);
}

// A server that decides by itself writes down first what it is about to do.
BOOST_FIXTURE_TEST_CASE(whom_no_record_can_be_made_of_waits_until_it_can, Served) {
    hub->end();
    hub.emplace(folder(), "", 600, [](const std::string&, const std::string&, const auto&) -> Result<> {
        return fail(Code::NoSpace, "the disk is full");
    });
    url = hub->url;
    box.wish.ticket = ticket;
    const std::string asked = request();
    BOOST_TEST(post(asked).status == 503);
    hub->end();
    BOOST_TEST(good(good(Authority::open(folder())).store().boxes()).empty());
    const auto said = scratch.path() / "said";
    hub.emplace(folder(), "", 600, [&](const std::string& verb, const std::string& on, const auto& deed) -> Result<> {
        TRY(write_whole(said, verb + " " + on));
        return deed();
    });
    url = hub->url;
    BOOST_TEST(post(asked).status == 200);
    BOOST_TEST(good(read_whole(said)) == "admit north/ventilator-7");
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
    const auto another = post(asked, std::string(64, 'a'));
    BOOST_TEST((another.error().code == Code::Denied));
    BOOST_TEST(another.error().what.contains("the authority that answers there has the fingerprint " + fingerprint +
                                             ", which is not the one that was named, " + std::string(64, 'a')),
               another.error().what);
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

BOOST_FIXTURE_TEST_CASE(evidence_goes_in_the_order_of_the_tpm_and_is_taken_off, Reporting) {
    BOOST_TEST(report().said.empty());
    for (int i = 0; i < 3; ++i) attest();
    const auto sent = report();
    BOOST_TEST(!sent.stopped.has_value());
    BOOST_TEST((outcomes(sent) == std::vector<std::string>{"attested", "attested", "attested"}));
    BOOST_TEST(spool.waiting().empty());
    // The same again is no news; that it was said again is kept.
    BOOST_TEST_REQUIRE(history().size() == 2U);
    BOOST_TEST(history().back().outcome == "attested");
    BOOST_TEST(judged()->times == 3);
    BOOST_TEST(report().said.empty());
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_is_told_and_is_news, Reporting) {
    attest();
    box.wish.firmware_log += Measured::event(4, 0x80000003, "something else");
    box.tpm.tool({"tpm2_pcrextend", "4:sha256=" + sha256_hex("something else")});
    attest();
    const auto sent = report();
    BOOST_TEST((outcomes(sent) == std::vector<std::string>{"attested", "untrusted"}));
    BOOST_TEST(sent.said.back().reason.contains("it started one more program"));
    BOOST_TEST(history().back().outcome == "untrusted");
}

BOOST_FIXTURE_TEST_CASE(what_is_older_than_the_last_is_late_and_no_news, Reporting) {
    const auto first = attest();
    const auto kept = good(read_whole(first));
    std::filesystem::remove(first);
    attest();
    BOOST_TEST((outcomes(report()) == std::vector<std::string>{"attested"}));
    const auto before = *judged();
    good(write_whole(first, kept));
    const auto sent = report();
    BOOST_TEST((outcomes(sent) == std::vector<std::string>{"late"}));
    BOOST_TEST(sent.said.front().reason.contains("newer evidence"));
    BOOST_TEST(spool.waiting().empty());
    BOOST_TEST(history().size() == 2U);
    BOOST_TEST(judged()->message == before.message);
}

BOOST_FIXTURE_TEST_CASE(an_authority_that_is_away_costs_nothing, Reporting) {
    attest();
    attest();
    hub->end();
    const auto away = report();
    BOOST_REQUIRE(away.stopped.has_value());
    BOOST_TEST((away.stopped->code == Code::Offline));
    BOOST_TEST(away.waiting == 2U);
    serve_again();
    BOOST_TEST(report().said.size() == 2U);
    BOOST_TEST(spool.waiting().empty());
}

BOOST_FIXTURE_TEST_CASE(a_message_that_the_box_s_tpm_did_not_sign_leaves_no_row, Reporting) {
    const std::string sound = good(read_whole(attest()));
    auto changed = good(enroll::parse_evidence(sound));
    changed.quote.signature[changed.quote.signature.size() - 1] ^= 1;
    auto other = good(enroll::parse_evidence(sound));
    other.running.version = "2.0.0";
    auto foreign = good(enroll::parse_evidence(sound));
    foreign.attestation_public = foreign.device_public;
    for (const auto& each : {changed, other, foreign})
        BOOST_TEST(good(post(enroll::write_request(each), fingerprint, "evidence")).status == 403);
    const MeasuredBox stranger;
    auto unknown = stranger.ask();
    unknown.kind = enroll::Kind::Evidence;
    BOOST_TEST(good(post(enroll::write_request(unknown), fingerprint, "evidence")).status == 404);
    BOOST_TEST(good(post("nonsense", fingerprint, "evidence")).status == 400);
    BOOST_TEST(good(post(std::string(enroll::request_limit + 1, 'x'), fingerprint, "evidence")).status == 413);
    BOOST_TEST(history().size() == 1U);
    BOOST_TEST(!judged().has_value());
    // What is refused once and for all does not hold up what comes after it.
    good(write_whole(spool.waiting().front(), enroll::write_request(changed)));
    attest();
    BOOST_TEST((outcomes(report()) == std::vector<std::string>{"refused", "attested"}));
}

BOOST_FIXTURE_TEST_CASE(a_kill_on_either_side_leaves_what_the_same_command_goes_on_from, Reporting) {
    const auto in_vain = [&] { static_cast<void>(report()); };
    std::size_t made = 0;
    for (const char* point : {"report.acknowledged", "report.taken_off"}) {
        attest();
        attest();
        made += 2;
        BOOST_TEST(dying_at(point, 1, in_vain) == crashed);
        BOOST_TEST(!report().stopped.has_value());
        BOOST_TEST(spool.waiting().empty());
    }
    for (const char* point : {"hub.decided", "hub.recorded"}) {
        attest();
        attest();
        made += 2;
        hub->end();
        serve_again(point);
        const auto cut = report();
        BOOST_TEST((cut.stopped && cut.stopped->code == Code::Offline));
        BOOST_TEST(cut.waiting == 2U);
        BOOST_TEST(hub->wait() == crashed);
        serve_again();
        BOOST_TEST((outcomes(report()) == std::vector<std::string>{"attested", "attested"}));
    }
    // Each of them was judged once, whatever was cut.
    BOOST_TEST(judged()->times == static_cast<std::int64_t>(made));
    BOOST_TEST(history().size() == 2U);
}

BOOST_FIXTURE_TEST_CASE(neither_side_is_asked_for_more_than_it_gives, Reporting) {
    for (int i = 0; i < 3; ++i) attest();
    const auto little = report({.messages = 1});
    BOOST_TEST(little.said.size() == 1U);
    BOOST_TEST((little.stopped->code == Code::Busy));
    BOOST_TEST((report({.bytes = 1}).stopped->code == Code::Busy));
    hub->end();
    serve_again({}, 1);
    const auto paced = report();
    BOOST_TEST(paced.said.size() == 1U);
    BOOST_TEST((paced.stopped->code == Code::Busy));
    BOOST_TEST(paced.waiting == 1U);
}

BOOST_FIXTURE_TEST_CASE(evidence_goes_to_nobody_else_and_damaged_files_are_set_aside, Reporting) {
    const auto file = attest();
    http::Client other;
    const auto denied = enroll::report(spool, other, {url, std::string(64, 'a')});
    const auto no_list = enroll::fetch_list(node, other, {url, std::string(64, 'a')}, std::time(nullptr));
    BOOST_TEST(no_list.error().what.contains("somebody stands in between"), no_list.error().what);
    BOOST_TEST((denied.stopped->code == Code::Denied));
    BOOST_TEST(denied.waiting == 1U);
    good(write_whole(file, "nonsense"));
    attest();
    BOOST_TEST((outcomes(report()) == std::vector<std::string>{"attested"}));
    BOOST_TEST(good(read_whole(file.string() + ".damaged")) == "nonsense");
}

BOOST_FIXTURE_TEST_CASE(what_was_taken_back_comes_along, Reporting) {
    const auto fetched = [&] {
        http::Client fresh;
        return good(enroll::fetch_list(node, fresh, {url, fingerprint}, std::time(nullptr)));
    };
    BOOST_TEST(!fetched().box.has_value());
    auto authority = good(Authority::open(folder()));
    good(authority.quarantine("north", "ventilator-7", "its case was open", "ada", std::time(nullptr)));
    BOOST_TEST((fetched().box->how == identity::Withdrawal::Quarantined));
    BOOST_TEST(!node.may_serve_newcomers("certificate").has_value());
    // It goes on to say what it runs.
    attest();
    BOOST_TEST((outcomes(report()) == std::vector<std::string>{"attested"}));
    good(authority.release("north", "ventilator-7", "ada", std::time(nullptr)));
    BOOST_TEST(!fetched().box.has_value());
    BOOST_TEST(node.may_serve_newcomers("certificate").has_value());
}

BOOST_FIXTURE_TEST_CASE(a_second_server_of_the_same_port_says_that_it_is_in_use, Served) {
    const Listening same{
        .address = "127.0.0.1", .port = std::stoi(url.substr(url.rfind(':') + 1)), .names = {"127.0.0.1"}};
    const auto started = [](int) { ::_exit(2); };
    const std::string place = "127.0.0.1 port " + std::to_string(same.port) + ": this address is in use";
    BOOST_TEST(in_child([&] {
                   const auto refused = serve(folder(), same, started);
                   return refused.error().code == Code::Busy && refused.error().what.starts_with(place) ? 0 : 1;
               }) == 0);
    // One that has ended leaves the port at once.
    hub->end();
    BOOST_TEST(in_child([&] { return serve(folder(), same, started) ? 0 : 1; }) == 2);
    const Listening elsewhere{.address = "192.0.2.1", .port = same.port, .names = {"127.0.0.1"}};
    BOOST_TEST(in_child([&] {
                   return serve(folder(), elsewhere, started).error().what.contains("an address of this computer") ? 0
                                                                                                                   : 1;
               }) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_signal_that_comes_before_it_listens_ends_it, Served) {
    const auto at_once = [](int) {
        ::kill(::getpid(), SIGTERM);
        sigset_t waiting;
        do ::sigpending(&waiting);
        while (sigismember(&waiting, SIGTERM) == 1);
    };
    const Listening listening{.address = "127.0.0.1", .port = 0, .names = {"127.0.0.1"}};
    for (int i = 0; i < 5; ++i) BOOST_TEST(in_child([&] { return serve(folder(), listening, at_once) ? 0 : 1; }) == 0);
}
