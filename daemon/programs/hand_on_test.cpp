// `holdfast hub` from a build tree: the program that it becomes is the one beside it.
#include "base/process.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_CASE(what_stands_beside_it_is_started) {
    BOOST_TEST(run_or_fail({HOLDFAST_PROGRAM, "hub", "--version"}).value().starts_with("holdfast-hub "));
}

BOOST_AUTO_TEST_CASE(elsewhere_what_is_installed_is) {
    const auto scratch = Scratch::make("alone").value();
    const auto alone = scratch.path() / "holdfast";
    fs::copy_file(HOLDFAST_PROGRAM, alone);
    const auto done = run({alone.string(), "hub", "--version"}).value();
    BOOST_TEST((done.exit == 0 || done.errors.contains("/libexec/holdfast/holdfast-hub")), done.errors);
}
