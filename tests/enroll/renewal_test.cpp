// A box that joined gets its next certificate over the line by itself, whatever is in the way.
#include "base/in_child.hpp"
#include "base/process.hpp"
#include "box_files.hpp"
#include "enroll/attestation.hpp"
#include "enroll/issuing.hpp"
#include "enroll/renew.hpp"
#include "places.hpp"
#include "served_hub.hpp"
#include "small_hub.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <optional>

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

constexpr std::int64_t day = 86'400;

// Joined that many days ago, with an authority of its own; its files are where programs look.
struct Joined {
    explicit Joined(std::int64_t days = 70) {
        join(std::time(nullptr) - days * day);
        serve_again();
        good(node.keep_line(hub->url));
        put_files(box, root());
    }
    // SQLite has to be closed before a process forks.
    void join(std::int64_t then) {
        auto made = make_hub(folder(), then - day);
        fingerprint = made.fingerprint();
        box.wish.issuing = true;
        auto tpm = box.tpm.open();
        std::string notice;
        const auto asked = good(node.request(tpm, box.wish, notice));
        before = good(node.import(tpm, good(made.admit(asked, {.name = "ada"}, then)).answer, fingerprint));
    }
    std::filesystem::path folder() const { return scratch.path() / "hub"; }
    std::filesystem::path root() const { return scratch.path() / "box"; }
    std::filesystem::path kept(const std::string& name) const { return root() / node_folder / name; }
    void serve_again(std::string_view dies_at = {}) { hub.emplace(folder(), dies_at); }

    Finished program(const std::string& which, Arguments words, const Arguments& more) const {
        words.insert(words.begin(), (build_folder() / "daemon/programs" / which).string());
        words.insert(words.end(), more.begin(), more.end());
        return good(run(words, {.directory = scratch.path()}));
    }
    Finished renew(const Arguments& more = {}) const {
        return program("holdfast-identity", {"renew", "--root", root().string(), "--tpm", box.tpm.tcti()}, more);
    }
    Finished at_hub(const Arguments& more) const {
        return program("holdfast-hub", {"--state", folder().string()}, more);
    }
    Result<Reply> try_once() {
        http::Client client;
        auto tpm = box.tpm.open();
        return renew_once(node, tpm, client, {hub->url, fingerprint}, box.wish);
    }

    hub::Authority authority() const { return good(hub::Authority::open(folder())); }
    Identity now_is() const { return *good(node.identity()); }
    bool stays() const { return now_is().certificate.serial == before.certificate.serial; }
    std::vector<hub::Past> history() const {
        return good(authority().store().history(sha256_hex(box.ask().ek_public)));
    }

    Scratch scratch = Scratch::make("renew").value();
    MeasuredBox box;
    Node node{root()};
    Identity before;
    std::string fingerprint;
    std::optional<ServedHub> hub;
};

struct JoinedToday : Joined {
    JoinedToday() : Joined(0) {}
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_is_due_is_renewed_with_no_person_and_no_ticket, Joined) {
    const auto done = renew({"--if-due", "--json"});
    BOOST_TEST_REQUIRE(done.exit == 0, done.errors);
    const auto shown = Json::parse(done.output);
    BOOST_TEST(shown.at("id") == before.id.uri());
    BOOST_TEST(shown.at("until").get<std::int64_t>() > std::time(nullptr) + 89 * day);
    BOOST_TEST(!stays());
    const auto past = history();
    BOOST_TEST_REQUIRE(past.size() == 2U);
    BOOST_TEST(past.back().outcome == "admitted");
    BOOST_TEST(past.back().who == "");
    BOOST_TEST(!std::filesystem::exists(kept("request")));
    BOOST_TEST(good(parse_request(good(read_whole(kept("admitted"))))).ticket == "");

    // openssl agrees, and it is for the same keys; workloads get theirs by the new authority of the box.
    good(write_whole(scratch.path() / "box.pem", identity::pem_of(now_is().grant.chain.front())));
    good(run_or_fail({"openssl", "verify", "-CAfile", "hub/root.pem", "-untrusted", "hub/authority.pem", "box.pem"},
                     {.directory = scratch.path()}));
    BOOST_TEST(now_is().certificate.fingerprint == before.certificate.fingerprint);
    auto own = good(OwnAuthority::open(box.tpm.tcti(), node, now_is()));
    const auto key = good(identity::make_key());
    const auto svid = good(own.give(key.get(), "alarms", std::time(nullptr), 3600));
    BOOST_TEST((svid.chain.at(1) != before.grant.issuing));
    BOOST_TEST(good(identity::believe(svid.chain, now_is().grant.roots, {}, std::time(nullptr))).id.workload ==
               "alarms");
}

BOOST_FIXTURE_TEST_CASE(what_is_not_due_sends_nothing, JoinedToday) {
    hub->end();
    const auto done = renew({"--if-due"});
    BOOST_TEST(done.exit == 0, done.errors);
    BOOST_TEST(done.output.contains("the next one is due from "), done.output);
    const auto told = Json::parse(renew({"--if-due", "--json"}).output);
    BOOST_TEST(told.at("renewed") == false);
    BOOST_TEST(told.at("until") == before.certificate.validity.until);
    BOOST_TEST(stays());
    BOOST_TEST(!std::filesystem::exists(kept("request")));
    BOOST_TEST(history().size() == 1U);
    serve_again();
    BOOST_TEST(renew({"--line", hub->url}).exit == 0);
    BOOST_TEST(!stays());
}

BOOST_FIXTURE_TEST_CASE(an_authority_that_is_away_is_tried_again, Joined) {
    hub->end();
    const auto away = renew({"--if-due"});
    BOOST_TEST(away.exit == 75);
    BOOST_TEST(away.errors.contains("the certificate of before stays"), away.errors);
    BOOST_TEST(stays());
    serve_again();
    const auto refused = renew({"--line", "http://127.0.0.1"});
    BOOST_TEST(refused.exit == 65, refused.errors);
    BOOST_TEST(renew({"--if-due", "--line", hub->url}).exit == 0);
    BOOST_TEST(!stays());
    BOOST_TEST(*good(node.line()) == hub->url);
}

BOOST_FIXTURE_TEST_CASE(in_quarantine_it_is_refused_until_it_is_free, Joined) {
    BOOST_TEST(at_hub({"quarantine", "north", "ventilator-7", "--why", "its case was open", "--by", "ada"}).exit == 0);
    const auto refused = renew({"--if-due"});
    BOOST_TEST(refused.exit == 77);
    BOOST_TEST(refused.errors.contains("it is in quarantine until: holdfast hub free north ventilator-7"),
               refused.errors);
    BOOST_TEST(!refused.errors.contains("ticket"), refused.errors);
    BOOST_TEST(stays());
    BOOST_TEST(at_hub({"free", "north", "ventilator-7", "--by", "ada"}).exit == 0);
    BOOST_TEST(renew({"--if-due"}).exit == 0);
    BOOST_TEST(!stays());
}

BOOST_FIXTURE_TEST_CASE(new_firmware_is_a_question_and_the_next_try_goes_through, Joined) {
    box.wish.firmware_log += Measured::event(0, 8, "firmware 2.0");
    box.tpm.tool({"tpm2_pcrextend", "0:sha256=" + sha256_hex("firmware 2.0")});
    put(root() / "sys/kernel/security/tpm0/binary_bios_measurements", box.wish.firmware_log);
    for (int i = 0; i < 2; ++i) {
        const auto asks = renew({"--if-due"});
        BOOST_TEST(asks.exit == 75);
        BOOST_TEST(asks.errors.contains("firmware: it is not the one"), asks.errors);
        BOOST_TEST(asks.errors.contains("a person at the authority has to decide"), asks.errors);
    }
    BOOST_TEST(stays());
    BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder() / "waiting"), {}) == 1);

    auto tpm = box.tpm.open();
    good(authority().judge_evidence(write_request(good(node.evidence(tpm, box.wish))), std::time(nullptr)));
    BOOST_TEST(at_hub({"firmware", "accept", "north", "ventilator-7", "--by", "ada"}).exit == 0);
    BOOST_TEST(renew({"--if-due"}).exit == 0);
    BOOST_TEST(!stays());
    // What the box holds itself against has the new firmware, too.
    const auto check = good(look_at_itself(tpm, node, box.wish, expectations().references));
    BOOST_TEST((check.decision.answer() == Answer::Yes), summary(check.decision));
}

BOOST_FIXTURE_TEST_CASE(a_file_is_written_where_one_is_wanted_or_no_line_is_known, Joined) {
    const auto file = scratch.path() / "next.request";
    BOOST_TEST(renew({"--out", file.string()}).exit == 0);
    BOOST_TEST(good(parse_request(good(read_whole(file)))).name == "ventilator-7");
    BOOST_TEST(renew({"--out", file.string(), "--line", hub->url}).exit == 64);
    std::filesystem::remove(kept("line"));
    BOOST_TEST(renew({"--if-due"}).exit == 0);
    BOOST_TEST(std::filesystem::exists(scratch.path() / "ventilator-7.request"));
    BOOST_TEST(stays());
    BOOST_TEST(history().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_kill_anywhere_leaves_one_of_the_two_and_the_same_goes_on, Joined) {
    const auto whole = [&] { return good(term_of(now_is())).until > 0; };
    const auto dies = [&](const char* point) {
        return dying_at(point, 1, [&] { static_cast<void>(try_once()); }) == crashed;
    };
    BOOST_TEST(dies("node.asked"));
    BOOST_TEST(stays());
    for (const char* point : {"hub.issued", "hub.decided", "hub.recorded"}) {
        hub->end();
        serve_again(point);
        BOOST_TEST((try_once().error().code == Code::Offline));
        BOOST_TEST(hub->wait() == crashed);
        BOOST_TEST(stays());
    }
    serve_again();
    BOOST_TEST(dies("node.admitted"));
    BOOST_TEST(stays());
    for (const char* point : {"join.admitted", "node.forgot", "node.granted"}) {
        BOOST_TEST_CONTEXT(point) {
            BOOST_TEST(dies(point));
            BOOST_TEST(whole());
            BOOST_TEST(!stays());
            before = now_is();
        }
    }
    // The answer to what was left behind is known; the next one is a new one.
    BOOST_TEST(std::filesystem::exists(kept("request")));
    BOOST_TEST(good(node.admitted()).name == "ventilator-7");
    BOOST_TEST(good(try_once()).identity.has_value());
    BOOST_TEST(!stays());
    BOOST_TEST(!std::filesystem::exists(kept("request")));
    BOOST_TEST(good(authority().store().boxes()).size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(after_a_tpm_was_cleared_nothing_is_signed_with_a_key_that_has_no_certificate, Joined) {
    box.tpm.tool({"tpm2_clear"});
    const auto asks = renew();
    BOOST_TEST(asks.exit == 75);
    BOOST_TEST(asks.errors.contains("was its TPM cleared?"), asks.errors);
    BOOST_TEST(stays());
    BOOST_TEST((OwnAuthority::open(box.tpm.tcti(), node, now_is()).error().code == Code::NotFound));
    const auto waits = std::filesystem::directory_iterator(folder() / "waiting")->path().string();
    BOOST_TEST(at_hub({"admit", waits, "--by", "ada"}).exit == 0);
    BOOST_TEST(renew().exit == 0);
    BOOST_TEST(OwnAuthority::open(box.tpm.tcti(), node, now_is()).has_value());
}
