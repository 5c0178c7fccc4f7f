#include "compose/cpio.hpp"

#include "base/file.hpp"
#include "base/process.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

struct Tree {
    fs::path path = [] {
        std::string name = "/tmp/holdfast-cpio-XXXXXX";
        return fs::path(::mkdtemp(name.data()));
    }();
    Tree() {
        fs::create_directories(path / "usr/bin");
        write_whole(path / "usr/bin/tool", "#!/bin/sh\n", 0755).value();
        fs::create_symlink("usr/bin", path / "bin");
    }
    ~Tree() { fs::remove_all(path); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(cpio_reads_what_was_written, Tree) {
    const std::string bytes = compose::cpio_of(path).value();
    const std::string listing = run_or_fail({"cpio", "-itv", "--quiet"}, {.input = bytes}).value();
    BOOST_TEST(listing.contains("-rwxr-xr-x   1 root     root           10 Jan  1  1970 usr/bin/tool"));
    BOOST_TEST(listing.contains(" bin -> usr/bin"));
}

BOOST_FIXTURE_TEST_CASE(the_same_tree_gives_the_same_bytes, Tree) {
    const Tree other;
    fs::last_write_time(other.path / "usr/bin/tool", fs::file_time_type::min() + std::chrono::years(200));
    BOOST_TEST((compose::cpio_of(path).value() == compose::cpio_of(other.path).value()));
}

BOOST_FIXTURE_TEST_CASE(a_wrapped_module_is_unwrapped_and_a_plain_one_kept, Tree) {
    write_whole(path / "m.ko", "module").value();
    BOOST_TEST(compose::unwrapped(path / "m.ko").value() == "module");
    run_or_fail({"xz", (path / "m.ko").string()}).value();
    BOOST_TEST(compose::unwrapped(path / "m.ko.xz").value() == "module");
}
