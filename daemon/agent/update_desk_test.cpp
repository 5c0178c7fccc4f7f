#include "agent/update_desk.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::agent;

namespace {

const Request request{.id = 7,
                      .verb = "download",
                      .source = "/media/stick",
                      .downgrade_to = "1.0.0",
                      .now = true,
                      .why = "the pump leaks",
                      .who = audit::who_is(0, 1000, "session-3.scope")};

}  // namespace

BOOST_AUTO_TEST_CASE(requests_and_work_come_back) {
    BOOST_TEST((parse_request(write_request(request)).value() == request));
    Work work{7, "download", "unpacking", 3, 9, {}};
    BOOST_TEST((parse_work(write_work(work)).value() == work));
    work.finished = Done{false, "offline", "no line", false};
    work.before = {{6, {true, "", "it is downloaded", false}}, {5, {false, "busy", "stopped", false}}};
    BOOST_TEST((parse_work(write_work(work)).value() == work));
}

BOOST_AUTO_TEST_CASE(an_unknown_verb_is_refused) {
    const Scratch scratch = Scratch::make("desk").value();
    Request other = request;
    other.verb = "format";
    BOOST_TEST(hand_in(scratch.path(), other).error().what.contains("no update verb 'format'"));
    BOOST_TEST((take(scratch.path()).error().code == Code::NotFound));
}

BOOST_AUTO_TEST_CASE(one_request_at_a_time) {
    const Scratch scratch = Scratch::make("desk").value();
    BOOST_TEST(hand_in(scratch.path(), request).has_value());
    BOOST_TEST((waiting(scratch.path()).value() == request));
    BOOST_TEST(hand_in(scratch.path(), request).error().what.contains("waits"));
    BOOST_TEST((take(scratch.path()).value() == request));
    BOOST_TEST((waiting(scratch.path()).error().code == Code::NotFound));
    for (const char* verb : {"apply", "rollback", "release-hold", "stop"}) {
        BOOST_TEST(tell(scratch.path(), {7, verb, "writing", 0, 0}).has_value());
        BOOST_TEST((hand_in(scratch.path(), request).error().code == Code::Busy), verb);
        BOOST_TEST(hand_in(scratch.path(), request).error().what.contains(verb));
    }
    BOOST_TEST(tell(scratch.path(), {7, "apply", "writing", 0, 0, Done{true, "", "", false}}).has_value());
    BOOST_TEST(hand_in(scratch.path(), request).has_value());
}

BOOST_AUTO_TEST_CASE(a_request_is_taken_in_while_something_goes_on_that_stops_for_it) {
    const Scratch scratch = Scratch::make("desk").value();
    for (const char* verb : {"check", "download", "automatic"}) {
        BOOST_TEST(tell(scratch.path(), {7, verb, "downloading", 0, 0}).has_value());
        BOOST_TEST(hand_in(scratch.path(), {.id = 8, .verb = "stop"}).has_value(), verb);
        BOOST_TEST((hand_in(scratch.path(), request).error().code == Code::Busy), verb);
        BOOST_TEST(take(scratch.path()).has_value());
    }
}

BOOST_AUTO_TEST_CASE(an_end_is_told_on_while_the_next_ones_are_worked_at) {
    const Scratch scratch = Scratch::make("desk").value();
    const Done stopped{false, "busy", "stopped by hand", false}, good{true, "", "", false};
    BOOST_TEST(tell(scratch.path(), {7, "download", "downloading", 0, 0, stopped}).has_value());
    BOOST_TEST(tell(scratch.path(), {8, "stop", "beginning", 0, 0}).has_value());
    BOOST_TEST((ends(listen(scratch.path())) == std::vector<End>{{7, stopped}}));
    BOOST_TEST(tell(scratch.path(), {8, "stop", "beginning", 0, 0, good}).has_value());
    BOOST_TEST((ends(listen(scratch.path())) == std::vector<End>{{8, good}, {7, stopped}}));
    // Nobody asked for what happens by itself.
    BOOST_TEST(tell(scratch.path(), {0, "automatic", "checking", 0, 0, good}).has_value());
    BOOST_TEST((ends(listen(scratch.path())) == std::vector<End>{{8, good}, {7, stopped}}));
    for (std::uint64_t id = 9; id < 100; ++id)
        BOOST_TEST(tell(scratch.path(), {id, "check", "checking", 0, 0, good}).has_value());
    BOOST_TEST(listen(scratch.path()).before.size() == 8U);
    BOOST_TEST(listen(scratch.path()).before.front().id == 98U);
}

BOOST_AUTO_TEST_CASE(a_stop_is_wanted_once_a_request_waits) {
    const Scratch scratch = Scratch::make("desk").value();
    const std::stop_source stop;
    const RequestWatch watch(scratch.path(), stop);
    BOOST_TEST(!stop.stop_requested());
    BOOST_TEST(hand_in(scratch.path(), request).has_value());
    BOOST_TEST(!pass(stop.get_token(), std::chrono::hours(1)));
}

BOOST_AUTO_TEST_CASE(a_watch_for_requests_ends_at_once) {
    const Scratch scratch = Scratch::make("desk").value();
    const std::stop_source stop;
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) const RequestWatch watch(scratch.path(), stop);
    BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(10)));
    BOOST_TEST(!stop.stop_requested());
}

BOOST_AUTO_TEST_CASE(a_broken_file_is_nothing_told) {
    const Scratch scratch = Scratch::make("desk").value();
    std::filesystem::create_directories(scratch.path() / desk_folder);
    BOOST_TEST(write_whole(scratch.path() / desk_folder / "progress.json", "{").has_value());
    BOOST_TEST((listen(scratch.path()) == Work{}));
    BOOST_TEST(write_whole(scratch.path() / desk_folder / "request.json", "{").has_value());
    BOOST_TEST((take(scratch.path()).error().code == Code::Corrupt));
    BOOST_TEST((take(scratch.path()).error().code == Code::NotFound));
}
