#include "storage/state.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"
#include "storage/storage.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::storage;

namespace {

struct Box {
    Scratch scratch = Scratch::make("state").value();
    void file(const std::filesystem::path& name, const std::string& bytes) const {
        BOOST_REQUIRE(make_directories((scratch.path() / name).parent_path()).has_value());
        BOOST_REQUIRE(write_whole(scratch.path() / name, bytes).has_value());
    }
    State now() const { return state(scratch.path()); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_the_kernel_has_opened_is_sealed, Box) {
    BOOST_TEST(now().state == "unknown");
    file("sys/class/block/vda/size", "100\n");
    file("sys/class/block/dm-0/dm/name", "somebody-else\n");
    BOOST_TEST(now().state == "open");
    file("sys/class/block/dm-1/dm/name", "holdfast-var\n");
    BOOST_TEST(now().state == "sealed");
    BOOST_TEST(now().words.contains("the TPM opened it"));
    file(recovered_in_root, "");
    BOOST_TEST(now().words.contains("its recovery key opened it"));
}

BOOST_FIXTURE_TEST_CASE(a_box_without_a_tpm_says_that_too, Box) {
    BOOST_TEST(why_open(scratch.path()).ends_with("; there is none now"));
    file("sys/class/tpm/tpm0/tpm_version_major", "2\n");
    BOOST_TEST(why_open(scratch.path()).ends_with("no TPM 2.0 then"));
}

BOOST_FIXTURE_TEST_CASE(where_no_disk_is_sealed_that_is_told_with_the_remedy, Box) {
    const auto seen = look({.root = scratch.path(), .device = scratch.path() / "none", .tcti = "nonsense"});
    BOOST_TEST_REQUIRE(!seen.has_value());
    BOOST_TEST((seen.error().code == Code::NotFound));
    BOOST_TEST(seen.error().what.starts_with("/var is not sealed: "));
    BOOST_TEST(seen.error().what.contains("install it anew"));
}
