// The image of a stick, as mtools reads and writes it beside a machine.
#include "vm/disk.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::vm;

BOOST_AUTO_TEST_CASE(a_stick_is_made_once_and_keeps_what_is_put_on_it) {
    const auto scratch = Scratch::make("stick").value();
    const auto stick = scratch.path() / "folder/stick.fat", asked = scratch.path() / "ventilator-7.request";
    BOOST_REQUIRE(make_stick(stick));
    write_whole(asked, "please").value();
    run_or_fail({"mcopy", "-i", stick.string(), asked.string(), "::"}).value();
    BOOST_REQUIRE(make_stick(stick));
    BOOST_TEST(run_or_fail({"mtype", "-i", stick.string(), "::ventilator-7.request"}).value() == "please");
    BOOST_TEST(make_stick(scratch.path()).error().what.contains("is a folder"));
}
