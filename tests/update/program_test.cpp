// holdfast-update as its units start it: what it does by itself, on a box without a computer around it.
#include "agent/update_desk.hpp"
#include "audit/deeds.hpp"
#include "audit/log.hpp"
#include "base/code.hpp"
#include "base/process.hpp"
#include "box.hpp"
#include "net/evil_server.hpp"

#include <thread>

using namespace holdfast;
using namespace holdfast::test;
using update::State;

namespace {

constexpr auto closed = "Mon 03:00-03:01";
constexpr auto always = "Mon-Sun 00:00-24:00";

struct World : Delivered {
    std::string second = publish(image("1.0.1", 2000));

    void settings(const std::string& automatic, const std::string& window, const std::string& source) const {
        put(box.root / "etc/holdfast/update.yaml",
            "source: " + source + "\nref: " + test_ref + "\nautomatic: " + automatic + "\nwindow: " + window + "\n");
    }
    void settings(const std::string& automatic, const std::string& window) const {
        settings(automatic, window, repository.string());
    }
    // What it told whoever watches.
    agent::Done run(const std::string& verb) const {
        const auto ended = good(holdfast::run({HOLDFAST_UPDATE, verb, "--root", box.root.string()}));
        BOOST_TEST_MESSAGE(ended.errors);
        const auto work = agent::listen(box.root);
        const auto done = work.finished.value_or(agent::Done{});
        if (work.finished && verb != "ended") BOOST_TEST((ended.exit == 0) == done.good);
        return done;
    }
    agent::Done asked(const agent::Request& request) const {
        good(agent::hand_in(box.root, request));
        return run("run");
    }
    // A closed window, whatever the time is.
    static std::string never_now() {
        const auto minute = update::minute_of_week(update::now("/").wall);
        return good(update::Window::parse(closed)).open_at(minute) ? "Tue 03:00-03:01" : closed;
    }
    void until_it_waits() const {
        settings("nothing", never_now());
        BOOST_TEST(asked({.id = 1, .verb = "download"}).good);
        BOOST_TEST(asked({.id = 2, .verb = "apply"}).what.contains("waits for its window"));
        BOOST_TEST((state() == State::WaitingForWindow));
    }
    // What is on record, as "verb state", the oldest first; of a box that was never admitted.
    std::vector<audit::Told> deeds() const {
        auto log = good(audit::Log::open(box.root, {}));
        auto telling = good(audit::deeds_in(log.feeds(), log.feed()));
        BOOST_TEST(telling.wrong.empty());
        return telling.deeds;
    }
    void check_deeds(const std::vector<std::string>& wanted) const {
        std::vector<std::string> words;
        for (const auto& each : deeds()) words.push_back(each.begun.verb + " " + audit::state(each, ""));
        BOOST_TEST(words == wanted, boost::test_tools::per_element());
    }
    void forget_what_was_told() const { fs::remove_all(box.root / agent::desk_folder); }
};

// Somebody's work that does not come to an end by itself.
struct Slow : World {
    Slow() {
        settings("nothing", always);
        fs::remove(repository / content::bundle_path(second, first));  // without it there is more to fetch
    }
    EvilServer server{repository};
    std::string whole = "/" + content::bundle_path(second, "");

    Child start(const std::string& verb) const {
        return good(Child::spawn({HOLDFAST_UPDATE, verb, "--root", box.root.string()}, {}, scratch / ("log-" + verb)));
    }
    void crawl() { server.behave({.path = whole, .bytes_per_second = 8192}); }
    // After the header and some of what comes then.
    void fall_silent() {
        server.behave({.path = whole, .times = 1});
        server.behave({.path = whole, .silent_after = 100'000});
    }
    void until_it_downloads(std::uint64_t id) const {
        const auto late = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        for (auto told = agent::listen(box.root); told.id != id || told.phase != "downloading" || told.done == 0;
             told = agent::listen(box.root)) {
            BOOST_REQUIRE((std::chrono::steady_clock::now() < late));
            std::this_thread::yield();
        }
    }
    int exit(Child& child) const { return child.wait(std::chrono::minutes(2)).value_or(-1); }
    agent::Done end_of(std::uint64_t id) const {
        for (const auto& end : agent::ends(agent::listen(box.root)))
            if (end.id == id) return end.done;
        return {.good = false, .code = "", .what = "nothing was told"};
    }
    std::uint64_t kept() const {
        std::uint64_t bytes = 0;
        for (const auto& file : fs::directory_iterator(box.root / "var/lib/holdfast/update/downloads"))
            bytes += file.file_size();
        return bytes;
    }
    void what_came_is_not_fetched_again() {
        server.behave_well();
        BOOST_TEST(asked({.id = 90, .verb = "download", .source = server.url("")}).good);
        BOOST_TEST((state() == State::Staged));
        const auto size = fs::file_size(repository / whole.substr(1));
        BOOST_TEST(server.count(whole).bytes <= size + size / 10);
    }
};

// Runs the newer of its releases, so that there is a slot to go back to, and a third one is published.
struct Updated : Slow {
    Updated() {
        asked({.id = 1, .verb = "download", .source = repository.string()});
        asked({.id = 2, .verb = "apply", .now = true});
        box.start();
        run("settle");
        box.bless();
        run("confirm");
        const std::string third = publish(image("1.0.2", 3000));
        for (const auto& from : {first, second}) fs::remove(repository / content::bundle_path(third, from));
        whole = "/" + content::bundle_path(third, "");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(nothing_that_waits_is_nothing_done, World) {
    settings("apply", always);
    run("go-on");
    BOOST_TEST(!fs::exists(box.root / agent::desk_folder));
    BOOST_TEST(box.updater().journal().attempts.empty());
}

BOOST_FIXTURE_TEST_CASE(what_a_person_applied_goes_on_when_its_window_opens, World) {
    until_it_waits();
    BOOST_TEST(!run("go-on").reboots);
    BOOST_TEST((state() == State::WaitingForWindow));
    box.start();  // for another reason; the old slot, since nothing is armed
    BOOST_TEST(box.version() == "1.0.0");
    settings("nothing", always);
    BOOST_TEST(run("go-on").reboots);
    BOOST_TEST((state() == State::Rebooting));
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
    run("settle");
    BOOST_TEST((state() == State::Trying));
    box.bless();
    run("confirm");
    BOOST_TEST((state() == State::Good));
}

BOOST_FIXTURE_TEST_CASE(a_cut_between_the_decision_and_the_restart_does_not_end_there, World) {
    until_it_waits();
    settings("nothing", always);
    BOOST_TEST(run("go-on").reboots);
    forget_what_was_told();
    BOOST_TEST(run("go-on").reboots);
    forget_what_was_told();
    settings("apply", always);
    BOOST_TEST(run("automatic").reboots);
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
}

BOOST_FIXTURE_TEST_CASE(it_goes_by_itself_as_far_as_the_site_wants, World) {
    settings("nothing", always);
    BOOST_TEST(run("automatic").what.contains("nothing is to happen"));
    settings("check", always);
    BOOST_TEST(run("automatic").what.contains("version 1.0.1"));
    BOOST_TEST(box.updater().journal().attempts.empty());
    settings("download", always);
    BOOST_TEST(run("automatic").what.contains("is downloaded"));
    BOOST_TEST((state() == State::Staged));
    BOOST_TEST(!run("automatic").reboots);
    settings("apply", always);
    BOOST_TEST(run("automatic").reboots);
    box.start();
    BOOST_TEST(box.version() == "1.0.1");
}

BOOST_FIXTURE_TEST_CASE(what_waits_is_not_put_off_by_a_source_that_is_away, World) {
    settings("apply", never_now());
    BOOST_TEST(!run("automatic").reboots);
    BOOST_TEST((state() == State::WaitingForWindow));
    settings("apply", always, "http://127.0.0.1:1/nobody");
    BOOST_TEST(run("automatic").reboots);
}

BOOST_FIXTURE_TEST_CASE(settings_that_cannot_be_read_do_nothing_by_themselves, World) {
    put(box.root / "etc/holdfast/update.yaml", "automatic: aply\n");
    put(box.root / "usr/lib/holdfast/release.json",
        R"({"format":1,"board":"x","profile":"dev","runtime":"podman","version":"1.0.0","options":[],)"
        R"("development":true,"capabilities":{"tpm":"required","secure_boot":true}})");
    BOOST_TEST(run("automatic").what.contains("nothing is to happen"));
    BOOST_TEST(asked({.id = 7, .verb = "check", .source = repository.string()}).what.contains("version 1.0.1"));
}

BOOST_FIXTURE_TEST_CASE(settings_that_cannot_be_read_are_told_to_who_needs_them, World) {
    settings("nothing", "Sun 5-3");
    const auto check = asked({.id = 1, .verb = "check"});
    BOOST_TEST(check.code == "corrupt");
    BOOST_TEST(check.what.contains("update.yaml:4: window"), check.what);
    BOOST_TEST(check.what.contains("name the source"), check.what);
}

BOOST_FIXTURE_TEST_CASE(a_window_that_cannot_be_read_is_no_open_one, World) {
    until_it_waits();
    settings("nothing", "Sun 5-3");
    const auto apply = asked({.id = 3, .verb = "apply"});
    BOOST_TEST(apply.code == "corrupt");
    BOOST_TEST(apply.what.contains("holdfast update apply --now"), apply.what);
    run("go-on");
    BOOST_TEST((state() == State::WaitingForWindow));
    BOOST_TEST(asked({.id = 4, .verb = "apply", .now = true}).reboots);
}

BOOST_FIXTURE_TEST_CASE(work_that_was_cut_short_is_told, World) {
    good(agent::tell(box.root, {.id = 3, .verb = "download", .phase = "downloading", .done = 5, .total = 9}));
    BOOST_TEST(!run("ended").good);
    const auto told = agent::listen(box.root).finished.value();
    BOOST_TEST(told.code == "bug");
    BOOST_TEST(told.what.contains("what it had is kept, ask again"));
}

BOOST_FIXTURE_TEST_CASE(a_rollback_is_done_while_a_download_crawls, Updated) {
    BOOST_TEST(box.version() == "1.0.1");
    crawl();
    good(agent::hand_in(box.root, {.id = 3, .verb = "download", .source = server.url("")}));
    auto worker = start("run");
    until_it_downloads(3);
    good(agent::hand_in(box.root, {.id = 4, .verb = "rollback"}));
    BOOST_TEST(exit(worker) == 0);
    BOOST_TEST(end_of(3).code == "busy");
    BOOST_TEST(end_of(3).what == "stopped for another request: rollback; what came is kept");
    BOOST_TEST(end_of(4).reboots);
    BOOST_TEST(kept() > 0U);
    box.start();
    BOOST_TEST(box.version() == "1.0.0");
}

BOOST_FIXTURE_TEST_CASE(a_download_from_a_silent_server_is_stopped_and_goes_on_later, Slow) {
    fall_silent();
    good(agent::hand_in(box.root, {.id = 3, .verb = "download", .source = server.url("")}));
    auto worker = start("run");
    until_it_downloads(3);
    good(agent::hand_in(box.root, {.id = 4, .verb = "stop"}));
    BOOST_TEST(exit(worker) == 0);
    BOOST_TEST(end_of(3).what == "stopped by hand; what came is kept");
    BOOST_TEST(end_of(4).good);
    BOOST_TEST(end_of(4).what.contains("version 1.0.1 rests"), end_of(4).what);
    BOOST_TEST(kept() > 50'000U);
    what_came_is_not_fetched_again();
}

BOOST_FIXTURE_TEST_CASE(a_wait_for_a_server_that_is_away_is_stopped, Slow) {
    server.behave({.path = whole, .status = 503, .retry_after = 3600});
    good(agent::hand_in(box.root, {.id = 3, .verb = "check", .source = server.url("")}));
    auto worker = start("run");
    server.wait_for_requests(2);
    good(agent::hand_in(box.root, {.id = 4, .verb = "stop"}));
    BOOST_TEST(exit(worker) == 0);
    BOOST_TEST(end_of(3).what == "stopped by hand; what came is kept");
    BOOST_TEST(end_of(4).what == "no check and no download is under way");
}

BOOST_FIXTURE_TEST_CASE(what_happens_by_itself_stops_for_a_person, Slow) {
    settings("apply", always, server.url(""));
    fall_silent();
    auto by_itself = start("automatic");
    until_it_downloads(0);
    good(agent::hand_in(box.root, {.id = 4, .verb = "release-hold"}));
    auto worker = start("run");
    BOOST_TEST(exit(worker) == exit_code(Code::NotFound));
    BOOST_TEST(end_of(4).what == "no commit is held");
    BOOST_TEST(exit(by_itself) == exit_code(Code::Busy));
    BOOST_TEST((state() == State::Downloading));
    what_came_is_not_fetched_again();
}

// What is staged already would be applied now, had the person not asked for something else.
BOOST_FIXTURE_TEST_CASE(what_happens_by_itself_does_not_go_on_past_a_person, Slow) {
    BOOST_TEST(asked({.id = 3, .verb = "download", .source = repository.string()}).good);
    publish(image("1.0.2", 3000));
    settings("apply", always, server.url(""));
    server.behave({.path = "/refs/heads/" + std::string(test_ref), .mute = true});
    auto by_itself = start("automatic");
    server.wait_for_requests(1);
    good(agent::hand_in(box.root, {.id = 4, .verb = "stop"}));
    BOOST_TEST(exit(by_itself) == exit_code(Code::Busy));
    BOOST_TEST((state() == State::Staged));
    BOOST_TEST(run("run").good);
}

BOOST_FIXTURE_TEST_CASE(what_happens_by_itself_says_nothing_while_a_person_s_request_is_worked_at, Slow) {
    settings("check", always);
    fall_silent();
    good(agent::hand_in(box.root, {.id = 3, .verb = "download", .source = server.url("")}));
    auto worker = start("run");
    until_it_downloads(3);
    auto by_itself = start("automatic");
    BOOST_TEST(exit(by_itself) == exit_code(Code::Busy));
    BOOST_TEST(agent::listen(box.root).id == 3U);
    BOOST_TEST(!agent::listen(box.root).finished.has_value());
    good(agent::hand_in(box.root, {.id = 4, .verb = "stop"}));
    BOOST_TEST(exit(worker) == 0);
}

BOOST_FIXTURE_TEST_CASE(a_history_tells_no_password_of_a_source, Slow) {
    std::string source = server.url("");
    source.insert(7, "me:swordfish@");
    BOOST_TEST(asked({.id = 3, .verb = "download", .source = source}).good);
    BOOST_TEST(!good(read_whole(update::journal_file(box.root))).contains("swordfish"));
    BOOST_TEST(box.updater().journal().current()->source.contains("127.0.0.1"));
    fs::remove_all(repository / "bundles");
    publish(image("1.0.2", 3000));
    fs::remove_all(repository / "bundles");
    const auto refused = asked({.id = 4, .verb = "download", .source = source});
    BOOST_TEST((refused.what.contains("127.0.0.1") && !refused.what.contains("swordfish")), refused.what);
}

BOOST_FIXTURE_TEST_CASE(what_changes_the_system_is_on_record_and_what_only_looks_is_not, Updated) {
    std::vector<std::string> all{"update.download done", "update.apply done", "update.settle done",
                                 "update.confirm done"};
    check_deeds(all);
    BOOST_TEST(deeds()[1].begun.on.starts_with("version 1.0.1 (commit "));
    BOOST_TEST(deeds()[1].ended.value().what == "restarting into slot b with version 1.0.1");
    BOOST_TEST(deeds()[3].ended.value().what == "version 1.0.1 is good");
    asked({.id = 5, .verb = "check", .source = repository.string()});
    run("go-on");
    run("settle");
    settings("download", always);
    check_deeds(all);
    // By itself: once there is something, and once it is here nothing more.
    BOOST_TEST(run("automatic").good);
    BOOST_TEST((state() == State::Staged));
    all.emplace_back("update.download done");
    check_deeds(all);
    BOOST_TEST(deeds().back().begun.on.starts_with("version 1.0.2"));
    BOOST_TEST(run("automatic").what.contains("is downloaded"));
    BOOST_TEST(asked({.id = 6, .verb = "download", .source = "/nowhere"}).good == false);
    all.emplace_back("update.download failed");
    check_deeds(all);
}

BOOST_FIXTURE_TEST_CASE(who_asked_and_why_is_on_record_and_without_a_reason_nothing_is_done, Updated) {
    put(box.root / "etc/holdfast/audit.yaml", "reasons: [update.rollback]\n");
    const auto ada = audit::who_is(0, 4'000'000'001, "session-3.scope");
    const auto refused = asked({.id = 5, .verb = "rollback", .who = ada});
    BOOST_TEST(refused.code == "denied");
    BOOST_TEST(refused.what.contains("update.rollback wants a reason here"));
    BOOST_TEST((state() == State::Good));
    BOOST_TEST(asked({.id = 6, .verb = "rollback", .why = "the pump leaks", .who = ada}).reboots);
    BOOST_TEST(audit::state(deeds()[4], "") == "refused");
    BOOST_TEST(audit::state(deeds()[5], "") == "done");
    BOOST_TEST(deeds()[5].begun.why == "the pump leaks");
    BOOST_TEST((deeds()[5].begun.who == ada));
}

BOOST_FIXTURE_TEST_CASE(a_store_that_cannot_be_written_stops_what_a_person_wants_and_no_fall_back, Updated) {
    fs::remove_all(box.root / "var/lib/holdfast/feeds.db");
    fs::create_directories(box.root / "var/lib/holdfast/feeds.db");
    const auto refused = asked({.id = 5, .verb = "download", .source = repository.string()});
    BOOST_TEST(!refused.good);
    BOOST_TEST(refused.what.contains("update.download was not done: it has to be on record here"), refused.what);
    BOOST_TEST((state() == State::Good));
    put(box.root / "etc/holdfast/audit.yaml", "required: false\n");
    BOOST_TEST(asked({.id = 6, .verb = "download", .source = repository.string()}).good);
    BOOST_TEST(asked({.id = 7, .verb = "apply", .now = true}).reboots);
    put(box.root / "etc/holdfast/audit.yaml", "required: true\n");
    box.start();
    run("settle");
    BOOST_TEST((state() == State::Trying));
}
