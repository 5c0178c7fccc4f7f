// holdfast-update as its units start it: what it does by itself, on a box without a computer around it.
#include "agent/update_desk.hpp"
#include "box.hpp"

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
    void forget_what_was_told() const { fs::remove_all(box.root / agent::desk_folder); }
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

BOOST_FIXTURE_TEST_CASE(work_that_was_cut_short_is_told, World) {
    good(agent::tell(box.root, {.id = 3, .verb = "download", .phase = "downloading", .done = 5, .total = 9}));
    BOOST_TEST(!run("ended").good);
    const auto told = agent::listen(box.root).finished.value();
    BOOST_TEST(told.code == "bug");
    BOOST_TEST(told.what.contains("what it had is kept, ask again"));
}
