#include "install/sealing.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::install;

namespace {

std::string release(const std::string& tpm) {
    return R"({"format": 1, "capabilities": {"tpm": ")" + tpm + R"(", "secure_boot": true}})";
}

struct Computer {
    Scratch scratch = Scratch::make("computer").value();
    void give_tpm(const std::string& version) const {
        make_directories(scratch.path() / "sys/class/tpm/tpm0").value();
        write_whole(scratch.path() / "sys/class/tpm/tpm0/tpm_version_major", version + "\n").value();
    }
    auto ask(const std::string& tpm) const { return sealing_for(release(tpm), scratch.path()); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_recovery_key_is_one_that_systemd_takes_for_one) {
    const std::string key = new_recovery_key().value();
    BOOST_TEST(key.size() == 71U);
    for (std::size_t i = 0; i < key.size(); ++i)
        BOOST_TEST((i % 9 == 8 ? key[i] == '-' : std::string("cbdefghijklnrtuv").contains(key[i])));
    BOOST_TEST(key != new_recovery_key().value());
}

BOOST_FIXTURE_TEST_CASE(a_disk_is_sealed_where_there_is_a_tpm, Computer) {
    BOOST_TEST(!ask("optional").value().has_value());
    give_tpm("2");
    for (const auto* board : {"required", "optional", "late"}) BOOST_TEST(ask(board).value().has_value());
    BOOST_TEST(!ask("none").value().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_board_that_must_have_one_is_not_installed_without, Computer) {
    const auto asked = ask("required");
    BOOST_REQUIRE(!asked);
    BOOST_TEST(asked.error().what.contains("turn it on in the firmware's setup"));
    give_tpm("1");
    BOOST_TEST(!ask("required").has_value());
}

BOOST_AUTO_TEST_CASE(damaged_papers_are_told) {
    BOOST_TEST(sealing_for("{", "/nowhere").error().what.contains("release.json"));
}
