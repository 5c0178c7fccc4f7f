#include "update/settings.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using update::Automatic;

namespace {

std::string refusal(const std::string& text) {
    const auto parsed = update::parse_settings(text, "update.yaml");
    return parsed ? "taken" : parsed.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(everything_can_be_set) {
    const auto s = update::parse_settings(
                       "source: https://updates.example/holdfast/\nref: holdfast/x/dev/podman\nautomatic: apply\n"
                       "window: Sun 02:00-04:00\nrate: 500K/s\nbudget: 100M/day\ndeadline-minutes: 20\nred: try-again\n"
                       "snapshot: wanted\n"
                       "certificate-authority: /etc/holdfast/ca.pem\n",
                       "update.yaml")
                       .value();
    BOOST_TEST(s.source == "https://updates.example/holdfast");
    BOOST_TEST((s.automatic == Automatic::Apply));
    BOOST_TEST(s.window.text() == "Sun 02:00-04:00");
    BOOST_TEST(s.bytes_per_second == 500U * 1024);
    BOOST_TEST(s.bytes_per_day == 100U << 20U);
    BOOST_TEST(s.deadline.count() == 20);
    BOOST_TEST(s.all_tries);
    BOOST_TEST(!s.must_save);
}

BOOST_AUTO_TEST_CASE(without_a_file_nothing_happens_by_itself) {
    const Scratch scratch = Scratch::make("settings").value();
    const auto s = update::load_settings(scratch.path()).value();
    BOOST_TEST((s.automatic == Automatic::Nothing));
    BOOST_TEST(s.source.empty());
    BOOST_TEST(s.window.always());
    BOOST_TEST(s.must_save);
}

BOOST_AUTO_TEST_CASE(the_site_s_file_goes_before_the_image_s) {
    const Scratch scratch = Scratch::make("settings").value();
    for (const std::string place : {"usr/lib", "etc"}) {
        std::filesystem::create_directories(scratch.path() / place / "holdfast");
        BOOST_TEST(
            write_whole(scratch.path() / place / "holdfast/update.yaml", "source: /" + place + "\n").has_value());
        BOOST_TEST(update::load_settings(scratch.path()).value().source == "/" + place);
    }
}

BOOST_AUTO_TEST_CASE(a_mistake_is_told_with_its_line) {
    BOOST_TEST(refusal("source: ftp://x\n").contains("update.yaml:1: source: 'ftp://x' is no http(s) URL"));
    BOOST_TEST(
        refusal("source: /x\nwindov: x\n").contains("update.yaml:2: unknown key 'windov'; did you mean 'window'?"));
    BOOST_TEST(refusal("window: nachts\n").contains("update.yaml:1: window: 'nachts' is no window"));
    BOOST_TEST(refusal("rate: fast\n").contains("is no size"));
    BOOST_TEST(refusal("automatic: always\n").contains("automatic"));
    BOOST_TEST(refusal("deadline-minutes: 0\n").contains("write 1 to 1440"));
}
