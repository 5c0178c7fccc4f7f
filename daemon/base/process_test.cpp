#include "base/process.hpp"

#include <boost/test/unit_test.hpp>
#include <csignal>

using namespace holdfast;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_CASE(output_errors_and_exit_come_back) {
    const auto done = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
    BOOST_REQUIRE(done);
    BOOST_TEST(done->exit == 3);
    BOOST_TEST(done->output == "out\n");
    BOOST_TEST(done->errors == "err\n");
}

BOOST_AUTO_TEST_CASE(more_than_a_pipe_holds_goes_in_and_out) {
    const std::string much(3'000'000, 'x');
    BOOST_TEST((run_or_fail({"cat"}, {.input = much}).value() == much));
}

BOOST_AUTO_TEST_CASE(a_child_that_does_not_read_is_no_trap) {
    BOOST_TEST(run({"true"}, {.input = std::string(3'000'000, 'x')}).value().exit == 0);
}

BOOST_AUTO_TEST_CASE(broken_pipes_end_a_childs_children_as_ever) {
    BOOST_TEST(run({"sh", "-c", "yes | head -n 1"}).value().errors == "");
}

BOOST_AUTO_TEST_CASE(a_program_that_is_not_there_is_an_error) {
    const auto missing = run({"/no/such/program"});
    BOOST_REQUIRE(!missing);
    BOOST_TEST((missing.error().code == Code::NotFound));
}

BOOST_AUTO_TEST_CASE(the_time_limit_kills_grandchildren_too) {
    const auto late = run({"sh", "-c", "tail -f /dev/null & wait"}, {.time_limit = milliseconds(200)});
    BOOST_REQUIRE(late);
    BOOST_TEST(late->timed_out);
    BOOST_TEST(late->exit == 128 + 9);
}

BOOST_AUTO_TEST_CASE(a_grandchild_with_our_pipe_does_not_keep_us) {
    const auto done = run({"sh", "-c", "tail -f /dev/null & echo $!; exit 4"},
                          {.time_limit = milliseconds(20'000), .until = Until::Exit});
    BOOST_REQUIRE(done);
    BOOST_TEST(!done->timed_out);
    BOOST_TEST(done->exit == 4);
    BOOST_TEST(::kill(std::stoi(done->output), SIGKILL) == 0);
}

BOOST_AUTO_TEST_CASE(the_last_bytes_can_be_kept) {
    const auto done = run({"sh", "-c", "seq 100000; echo the end >&2"},
                          {.output_limit = 100, .keep = Keep::Last, .merge = true, .until = Until::Exit});
    BOOST_REQUIRE(done);
    BOOST_TEST(done->output.size() == 100U);
    BOOST_TEST(done->output.ends_with("100000\nthe end\n"));
}

BOOST_AUTO_TEST_CASE(last_words_are_in_the_error) {
    const auto failed = run_or_fail({"sh", "-c", "echo No space left on device >&2; exit 1"});
    BOOST_REQUIRE(!failed);
    BOOST_TEST((failed.error().code == Code::NoSpace));
}

BOOST_AUTO_TEST_CASE(a_child_ends_with_its_handle) {
    pid_t pid = 0;
    {
        auto child = Child::spawn({"tail", "-f", "/dev/null"});
        BOOST_REQUIRE(child);
        pid = child->pid();
        BOOST_TEST(!child->wait(milliseconds(0)).has_value());
    }
    BOOST_TEST(::kill(pid, 0) != 0);
}
