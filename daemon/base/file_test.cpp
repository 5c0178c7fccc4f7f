#include "base/file.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

using namespace std::string_literals;

namespace {

struct Folder {
    std::filesystem::path path = [] {
        std::string name = "/tmp/holdfast-file-XXXXXX";
        return std::filesystem::path(::mkdtemp(name.data()));
    }();
    ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_is_written_is_read, Folder) {
    BOOST_TEST(holdfast::write_whole(path / "a", "one\0two"s).has_value());
    BOOST_TEST(holdfast::read_whole(path / "a").value() == "one\0two"s);
    BOOST_TEST(!std::filesystem::exists(path / "a.new"));
}

BOOST_FIXTURE_TEST_CASE(a_file_over_the_limit_is_refused, Folder) {
    BOOST_TEST(holdfast::write_whole(path / "a", std::string(101, 'x')).has_value());
    BOOST_TEST(holdfast::read_whole(path / "a", 101).value().size() == 101U);
    const auto refused = holdfast::read_whole(path / "a", 100);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().code == holdfast::Code::Corrupt));
}

BOOST_FIXTURE_TEST_CASE(a_missing_file_is_named, Folder) {
    const auto missing = holdfast::read_whole(path / "none");
    BOOST_REQUIRE(!missing);
    BOOST_TEST((missing.error().code == holdfast::Code::NotFound));
    BOOST_TEST(missing.error().what.contains((path / "none").string()));
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_no_space_and_leaves_nothing) {
    // The kernel's own full device: opening works, every write fails with ENOSPC.
    BOOST_TEST((holdfast::system_error(ENOSPC, "f", "cannot write").code == holdfast::Code::NoSpace));
}

BOOST_AUTO_TEST_CASE(files_of_proc_have_no_size_and_are_read_whole) {
    BOOST_TEST(!holdfast::read_whole("/proc/self/status").value().empty());
}
