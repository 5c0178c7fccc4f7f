#include "update/journal.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::update;

namespace {

const Moment moment{1'790'000'000, 42, "boot-1"};

Attempt attempt(const std::string& commit) {
    Attempt a{.ref = "holdfast/x/dev/podman", .commit = commit, .version = "1.0.1", .time = 7, .source = "http://x"};
    for (const Event event : {Event::Found, Event::Pulled, Event::Written})
        BOOST_TEST(advance(a, event, moment, "").has_value());
    a.slot = 'b';
    a.generation = 4;
    return a;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_journal_comes_back) {
    const Journal journal{
        .attempts = {attempt("one"), attempt("two")}, .floor = 1'790'000'000, .budget_day = 3, .budget_used = 9};
    BOOST_TEST((parse_journal(write_journal(journal)).value() == journal));
    const Scratch scratch = Scratch::make("journal").value();
    std::string notice;
    BOOST_TEST((load_journal(scratch.path(), notice).value() == Journal{}));
    BOOST_TEST(save_journal(scratch.path(), journal).has_value());
    BOOST_TEST((load_journal(scratch.path(), notice).value() == journal));
    BOOST_TEST(notice.empty());
}

BOOST_AUTO_TEST_CASE(an_event_out_of_place_changes_nothing) {
    Attempt a = attempt("one");
    const Attempt before = a;
    BOOST_TEST((advance(a, Event::Passed, moment, "").error().code == Code::Bug));
    BOOST_TEST((a == before));
    BOOST_TEST((a.state == State::WaitingForWindow));
}

BOOST_AUTO_TEST_CASE(the_newest_attempt_at_a_commit_tells_whether_it_is_held) {
    Attempt failed = attempt("one");
    for (const Event event : {Event::Opened, Event::BootedNew, Event::BootedOld, Event::Restored})
        BOOST_TEST(advance(failed, event, moment, "").has_value());
    Journal journal{.attempts = {failed, attempt("two")}};
    BOOST_TEST(journal.held("one") != nullptr);
    BOOST_TEST(journal.held("two") == nullptr);
    BOOST_TEST(journal.held("three") == nullptr);
    BOOST_TEST(advance(journal.attempts.front(), Event::Released, moment, "by hand").has_value());
    BOOST_TEST(journal.held("one") == nullptr);
}

BOOST_AUTO_TEST_CASE(what_another_version_wrote_is_passed_over) {
    Json json = Json::parse(write_journal({.attempts = {attempt("one")}}));
    json["new"] = {1, 2};
    json["attempts"][0]["new"] = "x";
    json["attempts"][0]["story"][0]["event"] = "sung";
    json["attempts"][0]["fetched"] = "many";
    const Journal journal = parse_journal(json.dump()).value();
    BOOST_TEST(journal.attempts.front().commit == "one");
    BOOST_TEST(journal.attempts.front().story.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_broken_journal_is_put_aside_and_told) {
    const Scratch scratch = Scratch::make("journal").value();
    std::filesystem::create_directories(scratch.path() / journal_folder);
    for (const std::string text :
         {"", "[]", "{\"attempts\":[7]}", "{\"attempts\":[{\"state\":\"singing\"}]}", "{\"att"}) {
        BOOST_TEST(write_whole(scratch.path() / journal_folder / "journal.json", text).has_value());
        std::string notice;
        BOOST_TEST((load_journal(scratch.path(), notice).value() == Journal{}));
        BOOST_TEST(notice.contains("put aside"));
        BOOST_TEST(read_whole(scratch.path() / journal_folder / "journal.broken").value() == text);
    }
}

BOOST_AUTO_TEST_CASE(old_attempts_are_forgotten_one_day) {
    Journal journal;
    for (int i = 0; i < 100; ++i) journal.attempts.push_back(attempt(std::to_string(i)));
    const Scratch scratch = Scratch::make("journal").value();
    BOOST_TEST(save_journal(scratch.path(), journal).has_value());
    std::string notice;
    const Journal kept = load_journal(scratch.path(), notice).value();
    BOOST_TEST(kept.attempts.size() == 64U);
    BOOST_TEST(kept.attempts.back().commit == "99");
}
