#include "agent/update_desk.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::agent;

namespace {

const Request request{7, "download", "/media/stick", "1.0.0", "", true};

}  // namespace

BOOST_AUTO_TEST_CASE(requests_and_work_come_back) {
    BOOST_TEST((parse_request(write_request(request)).value() == request));
    Work work{7, "download", "unpacking", 3, 9, {}};
    BOOST_TEST((parse_work(write_work(work)).value() == work));
    work.finished = Done{false, "offline", "no line", false};
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
    BOOST_TEST((hand_in(scratch.path(), request).error().code == Code::Busy));
    BOOST_TEST((take(scratch.path()).value() == request));
    BOOST_TEST(tell(scratch.path(), {7, "download", "checking", 0, 0, {}}).has_value());
    BOOST_TEST(hand_in(scratch.path(), request).error().what.contains("(download)"));
    BOOST_TEST(tell(scratch.path(), {7, "download", "checking", 0, 0, Done{true, "", "", false}}).has_value());
    BOOST_TEST(hand_in(scratch.path(), request).has_value());
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
