#include "boot/variable.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/mount.h>

using namespace holdfast;
using namespace holdfast::boot;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {

struct Box {
    Scratch scratch = Scratch::make("variable").value();
    const fs::path& root = scratch.path();
    fs::path folder = variables_folder(root);
    Box() { fs::create_directories(folder); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_variable_is_written_read_replaced_by_a_shorter_one_and_removed, Box) {
    BOOST_TEST((read_variable(root, "Test", vendor::loader).error().code == Code::NotFound));
    BOOST_TEST(write_variable(root, "Test", vendor::loader, "longer").has_value());
    BOOST_TEST(write_variable(root, "Test", vendor::loader, "short").has_value());
    BOOST_TEST(read_variable(root, "Test", vendor::loader).value() == "short");
    const auto file = folder / "Test-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
    BOOST_TEST(read_whole(file).value() == "\x07\0\0\0short"s);
    BOOST_TEST(remove_variable(root, "Test", vendor::loader).has_value());
    BOOST_TEST(remove_variable(root, "Test", vendor::loader).has_value());
    BOOST_TEST(fs::is_empty(folder));
}

BOOST_FIXTURE_TEST_CASE(attributes_are_required_and_the_size_is_limited, Box) {
    BOOST_REQUIRE(write_whole(folder / ("Short-" + std::string(vendor::shim)), "abc"));
    BOOST_TEST((read_variable(root, "Short", vendor::shim).error().code == Code::Corrupt));
    BOOST_REQUIRE(write_whole(folder / ("Long-" + std::string(vendor::shim)), std::string(4 + 11, 'x')));
    BOOST_TEST((read_variable(root, "Long", vendor::shim, 10).error().code == Code::Corrupt));
    BOOST_TEST(read_variable(root, "Long", vendor::shim, 11).has_value());
}

// A real file system that is full, and one that takes no writes; the build root has the right to mount.
BOOST_FIXTURE_TEST_CASE(a_full_memory_and_one_that_is_read_only_are_told_apart, Box) {
    BOOST_REQUIRE_EQUAL(::mount("none", folder.c_str(), "tmpfs", 0, "size=4k,nr_inodes=8"), 0);
    BOOST_REQUIRE(write_variable(root, "First", vendor::loader, std::string(100, 'x')));
    BOOST_TEST((write_variable(root, "Second", vendor::loader, "y").error().code == Code::NoSpace));
    BOOST_TEST((read_variable(root, "Second", vendor::loader).error().code == Code::NotFound));
    BOOST_REQUIRE_EQUAL(::mount("none", folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
    BOOST_TEST((write_variable(root, "First", vendor::loader, "z").error().code == Code::Denied));
    BOOST_TEST((remove_variable(root, "First", vendor::loader).error().code == Code::Denied));
    BOOST_TEST(read_variable(root, "First", vendor::loader).value() == std::string(100, 'x'));
    ::umount(folder.c_str());
}
