// This test itself is the program, and the libraries of the computer that it runs on are the tree.
#include "compose/libraries.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"
#include "compose/cpio.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::compose;
namespace fs = std::filesystem;

namespace {

const fs::path itself = fs::canonical("/proc/self/exe");

// The C++ library and the link that it is found by, in the folder it has here.
struct SmallTree {
    Scratch scratch = Scratch::make("libraries").value();
    fs::path tree = scratch.path() / "tree";
    SmallTree() {
        const fs::path link = here("libstdc++.so.6"), folder = tree / link.parent_path().relative_path();
        fs::create_directories(folder);
        fs::copy_file(fs::canonical(link), folder / fs::canonical(link).filename());
        fs::create_symlink(fs::canonical(link).filename(), folder / link.filename());
    }
    static fs::path here(const std::string& name) {
        for (const auto& entry : fs::directory_iterator("/usr/lib"))
            if (fs::exists(entry.path() / name)) return entry.path() / name;
        BOOST_FAIL("this computer has no " + name);
        return {};
    }
};

bool lacks(const std::vector<MissingLibrary>& missing, const std::string& name) {
    return std::ranges::contains(missing, name, &MissingLibrary::name);
}

}  // namespace

BOOST_AUTO_TEST_CASE(where_a_program_runs_nothing_is_missing) {
    const auto missing = missing_libraries("/", itself, {}).value();
    for (const auto& each : missing) BOOST_ERROR(each.name + " for " + each.needed_by);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_there_is_named_once_with_who_needs_it, SmallTree) {
    const auto missing = missing_libraries(tree, itself, {"libtss2-tcti-device.so.0"}).value();
    BOOST_TEST(!lacks(missing, "libstdc++.so.6"));
    BOOST_TEST(lacks(missing, "libc.so.6"));
    BOOST_TEST(lacks(missing, "libtss2-tcti-device.so.0"));
    BOOST_TEST(std::ranges::count(missing, std::string("libc.so.6"), &MissingLibrary::name) == 1);
    for (const auto& each : missing)
        BOOST_TEST((each.needed_by == itself.filename() || each.needed_by == "libstdc++.so.6"), each.needed_by);
}

BOOST_FIXTURE_TEST_CASE(the_error_says_where_a_library_is_added, SmallTree) {
    write_whole(scratch.path() / "installer.cpio", cpio_of(tree).value()).value();
    const auto checked =
        check_installer_libraries(scratch.path() / "installer.cpio", itself, scratch.path() / "unpacked");
    BOOST_REQUIRE(!checked);
    const auto& what = checked.error().what;
    BOOST_TEST(what.contains("libc.so.6 (for "));
    BOOST_TEST(what.contains("libtss2-tcti-device.so.0 (for " + itself.filename().string() + ")"));
    BOOST_TEST(!what.contains("libstdc++.so.6 (for"));
    BOOST_TEST(what.contains("recipes/installer/mkosi.conf"));
    BOOST_TEST(!fs::exists(scratch.path() / "unpacked"));
}

BOOST_FIXTURE_TEST_CASE(a_library_that_is_needed_by_a_library_is_missed_too, SmallTree) {
    // The C++ library as the program.
    const auto missing = missing_libraries(tree, SmallTree::here("libstdc++.so.6"), {}).value();
    BOOST_TEST(lacks(missing, "libm.so.6"));
    const auto further = missing_libraries(tree, itself, {"libstdc++.so.6"}).value();
    BOOST_TEST(lacks(further, "libm.so.6"));
}
