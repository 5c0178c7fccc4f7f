#include "keys/pcr.hpp"

#include "base/file.hpp"
#include "base/process.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
namespace fs = std::filesystem;

namespace {

struct Directory {
    Scratch scratch = Scratch::make("pcr").value();
    fs::path path = scratch.path() / "keys";
    Directory() { keys::create(path, {}).value(); }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_key_is_made_with_the_directory_and_newer_ones_come_first, Directory) {
    const auto first = keys::pcr_keys(path).value();
    BOOST_REQUIRE(first.size() == 1U);
    BOOST_TEST(first.front().secret == path / "pcr/1.key");
    keys::add_pcr_key(path).value();
    const auto both = keys::pcr_keys(path).value();
    BOOST_REQUIRE(both.size() == 2U);
    BOOST_TEST(both.front().secret == path / "pcr/2.key");
    BOOST_TEST(both.back().open == first.front().open);
}

BOOST_FIXTURE_TEST_CASE(its_halves_belong_together_by_openssl, Directory) {
    const auto key = keys::pcr_keys(path).value().front();
    const auto half = run_or_fail({"openssl", "pkey", "-in", key.secret.string(), "-pubout"}).value();
    BOOST_TEST(half == read_whole(key.open).value());
    BOOST_TEST(
        run_or_fail({"openssl", "pkey", "-in", key.secret.string(), "-noout", "-text"}).value().contains("2048 bit"));
}

BOOST_FIXTURE_TEST_CASE(none_or_half_of_one_is_told_with_what_to_do, Directory) {
    fs::remove(path / "pcr/1.pub");
    BOOST_TEST(keys::pcr_keys(path).error().what.contains("lacks " + (path / "pcr/1.pub").string()));
    fs::remove_all(path / "pcr");
    BOOST_TEST(keys::pcr_keys(path).error().what.contains("keys add-pcr " + path.string()));
    keys::add_pcr_key(path).value();
    BOOST_TEST(keys::pcr_keys(path).value().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(one_that_others_can_read_is_refused, Directory) {
    fs::permissions(path / "pcr/1.key", fs::perms::group_read, fs::perm_options::add);
    const auto keys = keys::pcr_keys(path);
    BOOST_REQUIRE(!keys);
    BOOST_TEST((keys.error().code == Code::Denied));
}
