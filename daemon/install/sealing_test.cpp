#include "install/sealing.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::install;

namespace {

std::string release(const std::string& tpm, const std::string& pin = "false") {
    return R"({"format": 1, "disk_pin": )" + pin + R"(, "capabilities": {"tpm": ")" + tpm +
           R"(", "secure_boot": true}})";
}

struct Computer {
    Scratch scratch = Scratch::make("computer").value();
    void give_tpm(const std::string& version) const {
        make_directories(scratch.path() / "sys/class/tpm/tpm0").value();
        write_whole(scratch.path() / "sys/class/tpm/tpm0/tpm_version_major", version + "\n").value();
    }
    auto ask(const std::string& tpm, const std::string& pin = "false") const {
        return sealing_for(release(tpm, pin), scratch.path());
    }
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

BOOST_FIXTURE_TEST_CASE(a_disk_that_is_to_ask_for_a_pin_is_not_written_open, Computer) {
    for (const auto* board : {"required", "optional", "late"}) {
        const auto refused = ask(board, "true");
        BOOST_REQUIRE_MESSAGE(!refused, board);
        BOOST_TEST((refused.error().code == Code::Denied));
    }
    BOOST_TEST(ask("optional", "true").error().what.contains("this image demands a disk that asks for a PIN"));
    give_tpm("2");
    BOOST_TEST(ask("optional", "true").value()->wants_pin);
    BOOST_TEST(!ask("optional").value()->wants_pin);
    BOOST_TEST(ask("optional", "1").error().what.contains("disk_pin"));
}

BOOST_AUTO_TEST_CASE(an_unattended_installation_is_told_the_pin_that_its_image_demands_and_no_other) {
    BOOST_TEST(check_pin_answer(release("optional", "true"), "246810").has_value());
    BOOST_TEST(check_pin_answer(release("optional"), "").has_value());
    BOOST_TEST(check_pin_answer(release("optional", "true"), "").error().what.contains("write one"));
    const auto more = check_pin_answer(release("optional"), "246810");
    BOOST_REQUIRE(!more);
    BOOST_TEST(more.error().what.contains("this image demands none; remove it"));
    BOOST_TEST(!more.error().what.contains("246810"));
}
