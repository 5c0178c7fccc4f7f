#include "hub/waiting.hpp"

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::hub;

namespace {

namespace fs = std::filesystem;
using Kept = Waiting::Kept;

constexpr std::size_t most = 20;
constexpr std::int64_t now = 1'790'000'000, day = Waiting::patience;

struct Folder {
    Scratch scratch = Scratch::make("waiting").value();
    Waiting waiting{scratch.path(), most};
    std::set<std::string> open;

    // A question without an answer.
    void ask(const std::string& request) { open.insert(sha256_hex(request)); }
    Kept keep(const std::string& request, std::int64_t at = now) const {
        return waiting.keep(request, open, at).value();
    }
    bool there(const std::string& request) const { return fs::exists(waiting.file(sha256_hex(request))); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_request_is_kept_once_until_it_is_answered, Folder) {
    ask("one");
    BOOST_TEST((keep("one") == Kept::New));
    BOOST_TEST(waiting.asked_again(sha256_hex("one"), now));
    BOOST_TEST(!waiting.asked_again(sha256_hex("two"), now));
    BOOST_TEST(read_whole(waiting.file(sha256_hex("one"))).value() == "one");
    waiting.drop(sha256_hex("one"));
    BOOST_TEST(!there("one"));
}

BOOST_FIXTURE_TEST_CASE(what_needs_no_answer_any_more_goes_after_a_day, Folder) {
    ask("one");
    keep("one");
    fs::path answer = waiting.file(sha256_hex("one"));
    BOOST_TEST(write_whole(answer.replace_extension(".answer"), "yes").has_value());
    fs::last_write_time(answer, fs::last_write_time(waiting.file(sha256_hex("one"))));
    open.clear();
    ask("two");
    keep("two", now + day);
    BOOST_TEST(there("one"));
    ask("three");
    keep("three", now + day + 1);
    BOOST_TEST(!there("one"));
    BOOST_TEST(!fs::exists(answer));
    BOOST_TEST(there("two"));
}

BOOST_FIXTURE_TEST_CASE(a_question_stays_however_old_while_there_is_room, Folder) {
    ask("one");
    keep("one");
    ask("two");
    keep("two", now + (400 * day));
    BOOST_TEST(there("one"));
}

BOOST_FIXTURE_TEST_CASE(where_many_wait_those_that_ask_no_more_make_room, Folder) {
    for (std::size_t i = 0; i < most; ++i) {
        ask(std::to_string(i));
        keep(std::to_string(i));
    }
    ask("late");
    BOOST_TEST((keep("late") == Kept::Full));
    BOOST_TEST(!there("late"));
    // One that asks again is still there.
    BOOST_TEST(waiting.asked_again(sha256_hex("7"), now + day));
    BOOST_TEST((keep("late", now + day + 1) == Kept::New));
    BOOST_TEST(there("7"));
    BOOST_TEST(!there("8"));
    // What was answered makes room at once.
    for (std::size_t i = 0; i < most - 2; ++i) {
        ask("x" + std::to_string(i));
        keep("x" + std::to_string(i), now + day + 1);
    }
    ask("later");
    BOOST_TEST((keep("later", now + day + 1) == Kept::Full));
    open.erase(sha256_hex("x0"));
    BOOST_TEST((keep("later", now + day + 1) == Kept::New));
    BOOST_TEST(!there("x0"));
}
