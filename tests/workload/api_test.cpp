// The Workload API as somebody else's client sees it: go-spiffe, on a real socket, with certificates signed in a TPM.
#include "bus/private_bus.hpp"
#include "house.hpp"

#include <csignal>
#include <sys/stat.h>

using namespace holdfast;

namespace {

// "svid ID SERIAL hint=… roots=N"
std::string serial(const std::string& line) {
    const auto at = line.find(' ', 5) + 1;
    return line.substr(at, line.find(' ', at) - at);
}

// The next word on both; they come by calls of their own, in any order.
struct News {
    std::string svid, bundle;
};
News news(Peer& watch) {
    News got;
    while (got.svid.empty() || got.bundle.empty()) {
        const auto line = watch.line();
        BOOST_REQUIRE(!line.empty());
        if (line.starts_with("svid ")) got.svid = line;
        if (line.starts_with("bundle clinic")) got.bundle = line;
    }
    return got;
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(two_workloads_prove_to_each_other_who_they_are, House) {
    admit();
    list("alarms");
    list("pump");
    const std::string at = (scratch.path() / "tls").string();
    Peer server(peer("serve", "alarms", at + " " + id("pump")));
    BOOST_TEST(server.line() == "listening");
    BOOST_TEST(ask("call", "pump", at + " " + id("alarms")) == "heard alarm\n");
    BOOST_TEST(server.exit() == 0);

    // Who is not meant is not believed.
    Peer strict(peer("serve", "alarms", at + " " + id("somebody-else")));
    BOOST_TEST(strict.line() == "listening");
    BOOST_TEST(ask("call", "pump", at + " " + id("alarms")).contains("peer:"));
    BOOST_TEST(strict.exit() == 1);
}

BOOST_FIXTURE_TEST_CASE(openssl_agrees_with_what_was_given, House) {
    admit();
    list("alarms");
    BOOST_TEST(ask("fetch", "alarms", scratch.path().string()) == id("alarms") + "\n");
    const auto tool = [&](const Arguments& words) { return good(run_or_fail(words, {.directory = scratch.path()})); };
    tool({"openssl", "verify", "-x509_strict", "-CAfile", "hub/root.pem", "-untrusted", "svid.pem", "svid.pem"});
    BOOST_TEST(tool({"openssl", "x509", "-in", "svid_bundle.pem"}) ==
               good(read_whole(scratch.path() / "hub/root.pem")));
    BOOST_TEST(tool({"openssl", "x509", "-in", "svid.pem", "-noout", "-pubkey"}) ==
               tool({"openssl", "pkey", "-in", "svid_key.pem", "-pubout"}));
}

BOOST_FIXTURE_TEST_CASE(a_call_that_is_open_gets_the_next_certificate, House) {
    admit();
    list("alarms", "user: root\nttl-minutes: 60\nhint: internal\n");
    Peer watch(peer("watch", "alarms"));
    const auto first = watch.line_of("svid");
    BOOST_TEST(first.starts_with("svid " + id("alarms") + " "));
    BOOST_TEST(first.ends_with(" hint=internal roots=1"));
    // Asked again before half of its life is over, which is from five minutes ago to in an hour.
    BOOST_TEST(woken - std::time(nullptr) <= 27 * minute);
    BOOST_TEST(woken - std::time(nullptr) > 20 * minute);

    const auto held = good(desk.papers({.name = "alarms", .user = "root", .hint = "internal", .seconds = 3600}));
    later = 20 * minute;
    endpoints.look_again();
    BOOST_TEST((good(desk.papers({.name = "alarms", .user = "root", .hint = "internal", .seconds = 3600})) == held));
    later = 27 * minute;
    endpoints.look_again();
    const auto second = watch.line_of("svid");
    BOOST_TEST(second.starts_with("svid " + id("alarms") + " "));
    BOOST_TEST(serial(second) != serial(first));
    // A clock that was set back makes a new one as well.
    later = 0;
    endpoints.look_again();
    const auto third = watch.line_of("svid");
    BOOST_TEST(serial(third) != serial(second));
    BOOST_TEST(watch.exit() == 0);
}

BOOST_FIXTURE_TEST_CASE(a_new_admission_and_whom_to_trust_reach_it_too, House) {
    list("alarms");
    Peer watch(peer("watch", "alarms"));
    BOOST_TEST(watch.line_of("error").starts_with("error PermissionDenied"));
    // Its client comes again by itself.
    admit();
    const auto first = news(watch);
    BOOST_TEST(first.svid.starts_with("svid " + id("alarms") + " "));
    BOOST_TEST(first.bundle.starts_with("bundle clinic.example 1 "));

    admit("other-hub");
    endpoints.look_again();
    const auto second = news(watch);
    BOOST_TEST(serial(second.svid) != serial(first.svid));
    BOOST_TEST(second.bundle.starts_with("bundle clinic.example 1 "));
    BOOST_TEST(second.bundle != first.bundle);
    BOOST_TEST(watch.exit() == 0);
}

BOOST_FIXTURE_TEST_CASE(an_untrusted_box_gives_newcomers_nothing, House) {
    admit();
    list("alarms");
    Peer watch(peer("watch", "alarms"));
    const auto first = news(watch).svid;
    BOOST_TEST(call("alarms") == "OK\n");
    trust(enroll::Standing::Untrusted);
    BOOST_TEST(call("alarms") == "PermissionDenied\n");
    // Who has a call open keeps it, and what it got, even when that would be renewed.
    later = 31 * minute;
    endpoints.look_again();
    trust(enroll::Standing::Trusted);
    endpoints.look_again();
    const std::string next = watch.line();
    BOOST_TEST(next.starts_with("svid "));
    BOOST_TEST(serial(next) != serial(first));
    BOOST_TEST(call("alarms") == "OK\n");
}

BOOST_FIXTURE_TEST_CASE(a_socket_is_its_user_s_and_nobody_else_s, House) {
    admit();
    list("alarms", "user: nobody\n");
    struct stat seen{};
    BOOST_REQUIRE(::stat(socket("alarms").c_str(), &seen) == 0);
    BOOST_TEST((seen.st_mode & 07777U) == 0600U);
    BOOST_TEST(seen.st_uid == good(workload::user_id("nobody")));
    BOOST_TEST(call("alarms", "nobody") == "OK\n");
    BOOST_TEST(call("alarms", "daemon") == "Unavailable\n");
    // The folder is root's: its user puts nothing in the socket's place.
    BOOST_REQUIRE(::stat(socket("alarms").parent_path().c_str(), &seen) == 0);
    BOOST_TEST((seen.st_mode & 07777U) == 0755U);
    BOOST_TEST(seen.st_uid == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_header_is_asked_for_and_there_is_no_jwt, House) {
    admit();
    list("alarms");
    BOOST_TEST(ask("status", "alarms", "header") == "OK\n");
    BOOST_TEST(ask("status", "alarms", "bare") == "InvalidArgument\n");
    BOOST_TEST(ask("status", "alarms", "jwt") == "Unimplemented\n");
}

BOOST_FIXTURE_TEST_CASE(so_many_calls_are_open_at_once_and_no_more, House) {
    admit();
    list("alarms");
    BOOST_TEST(ask("crowd", "alarms", "70") == "64 map[Unavailable:6]\n");
    // Who has gone makes room, and takes nothing from one that stays.
    Peer watch(peer("watch", "alarms"));
    const auto first = news(watch).svid;
    BOOST_TEST(call("alarms") == "OK\n");
    later = 40 * minute;
    endpoints.look_again();
    BOOST_TEST(serial(watch.line_of("svid")) != serial(first));
}

// Calls begin and end in threads of gRPC while the box's own thread tells them news and closes the endpoint.
BOOST_FIXTURE_TEST_CASE(calls_come_and_go_while_papers_change, House) {
    admit();
    list("alarms");
    const std::string calls = "for i in $(seq 40); do " + peer("status", "alarms", "header") + " & done; wait";
    Peer many("bash -c '" + calls + "'");
    for (int seen = 0; seen < 40; ++seen) {
        later = later + 30 * minute;
        endpoints.look_again();
        if (seen == 20) list("alarms", "user: root\nhint: other\n");
        const auto line = many.line();
        // One that comes in the instant of closing is cancelled by gRPC itself.
        const bool closed = line == "Unavailable" || line == "Canceled";
        BOOST_TEST_CONTEXT(line) BOOST_TEST((line == "OK" || (seen >= 20 && closed)));
    }
    BOOST_TEST(call("alarms") == "OK\n");
}

BOOST_FIXTURE_TEST_CASE(who_is_not_listed_has_no_socket, House) {
    admit();
    good(make_directories(socket("left-over").parent_path()));
    list("alarms");
    BOOST_TEST(std::filesystem::exists(socket("alarms")));
    BOOST_TEST(!std::filesystem::exists(socket("pump")));
    BOOST_TEST(!std::filesystem::exists(socket("left-over").parent_path()));
    // A damaged file leaves what is there, and others are not touched by it.
    list("alarms", "usr: root\n");
    list("pump", "user: no-such-user-here\n");
    BOOST_TEST(call("alarms") == "OK\n");
    BOOST_TEST(!std::filesystem::exists(socket("pump")));

    std::filesystem::remove(root / workload::workloads_folder / "alarms.yaml");
    endpoints.list_again();
    BOOST_TEST(!std::filesystem::exists(socket("alarms").parent_path()));
}

BOOST_FIXTURE_TEST_CASE(another_user_gets_another_key, House) {
    admit();
    const workload::Workload alarms{.name = "alarms", .user = "root", .hint = {}, .seconds = 3600};
    list("alarms");
    const auto first = good(desk.papers(alarms));
    BOOST_TEST((good(desk.papers(alarms)) == first));
    list("alarms", "user: nobody\n");
    BOOST_TEST(good(desk.papers(alarms))->key != first->key);
    // The folder that a container has is the same one still.
    BOOST_TEST(std::filesystem::exists(socket("alarms")));
}

BOOST_FIXTURE_TEST_CASE(what_its_authority_s_end_means_is_the_site_s_rule, House) {
    const workload::Workload alarms{.name = "alarms", .user = "root", .hint = {}, .seconds = 3600};
    admit();
    BOOST_TEST(good(desk.papers(alarms))->note == "");
    // Its authority lasts for 90 days.
    later = 80 * day;
    BOOST_TEST(good(desk.papers(alarms))->note.contains("runs out in"));
    later = 100 * day;
    BOOST_TEST(good(desk.papers(alarms))->note.contains("believed for"));
    later = (90 + 366) * day;
    const auto over = desk.papers(alarms);
    BOOST_TEST((over.error().code == Code::Denied));
    BOOST_TEST(over.error().what.contains("not believed any more"));
    const auto again = woken - later - std::time(nullptr);
    BOOST_TEST(again <= minute);
    BOOST_TEST(again > 0);
    // A clock that nobody has set.
    later = -std::time(nullptr);
    BOOST_TEST(good(desk.papers(alarms))->note == "");
}

BOOST_FIXTURE_TEST_CASE(a_tpm_that_fails_takes_nothing_away_before_its_time, House) {
    const workload::Workload alarms{.name = "alarms", .user = "root", .hint = {}, .seconds = 3600};
    admit();
    const auto first = good(desk.papers(alarms));
    box.tpm.tool({"tpm2_clear"});
    later = 50 * minute;
    const auto kept = good(desk.papers(alarms));
    BOOST_TEST(kept->key == first->key);
    BOOST_TEST(kept->note.contains("what was given last goes on to its end"));
    later = 61 * minute;
    BOOST_TEST(!desk.papers(alarms).has_value());
    // Its keys are made anew, and it is admitted again.
    admit();
    BOOST_TEST(good(desk.papers(alarms))->key != first->key);
}

BOOST_FIXTURE_TEST_CASE(a_box_without_an_authority_of_its_own_says_what_to_do, House) {
    box.wish.issuing = false;
    admit();
    list("alarms");
    BOOST_TEST(call("alarms") == "PermissionDenied\n");
    const auto refused = desk.papers({.name = "alarms", .user = "root", .hint = {}, .seconds = 3600});
    BOOST_TEST(refused.error().what.contains("authority: true"));
}

// All of it together: the program, which looks by itself.
BOOST_FIXTURE_TEST_CASE(the_program_takes_in_files_and_admissions_as_they_come, House) {
    const NotifySocket systemd(scratch.path() / "notify");
    auto program = good(Child::spawn({"env", "NOTIFY_SOCKET=" + (scratch.path() / "notify").string(),
                                      HOLDFAST_WORKLOAD_API, "--root", root.string(), "--tpm", box.tpm.tcti()}));
    BOOST_REQUIRE(systemd.wait_for("READY=1"));
    Peer watch(peer("watch", "alarms"));
    BOOST_TEST(watch.line_of("error").starts_with("error Unavailable"));
    write("alarms", "user: root\n");
    BOOST_TEST(watch.line_of("error PermissionDenied") != "");
    admit();
    const auto first = watch.line_of("svid");
    BOOST_TEST(first.starts_with("svid " + id("alarms") + " "));
    // Renewed: what comes next is by the new certificate of the box's authority.
    const auto renewed = admit();
    BOOST_TEST(serial(watch.line_of("svid")) != serial(first));
    BOOST_TEST(ask("fetch", "alarms", scratch.path().string()) == id("alarms") + "\n");
    const auto chain = good(identity::certificates_in(good(read_whole(scratch.path() / "svid.pem"))));
    BOOST_TEST((chain.at(1) == renewed.grant.issuing));

    ::kill(program.pid(), SIGTERM);
    BOOST_TEST(program.wait(std::chrono::minutes(1)).value_or(-1) == 0);
    BOOST_TEST(!std::filesystem::exists(socket("alarms")));
    // The client was told to come again, and it does.
    BOOST_TEST(watch.line_of("error").starts_with("error Unavailable"));
}
