#include "identity/invitation.hpp"

#include "base/file.hpp"
#include "base/scratch.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::identity;

namespace {

const Invitation whole{.url = "https://hub.clinic.example:8443",
                       .fingerprint = std::string(64, '1'),
                       .ticket = "K7QF-2M4X-9TTN-0WXZ",
                       .site = "north",
                       .name = "ventilator-7"};

std::string refusal(const std::string& text) {
    const auto parsed = parse_invitation(text, "enroll.yaml");
    return parsed ? "accepted" : parsed.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_invitation_comes_back_as_it_was_written) {
    BOOST_TEST((*parse_invitation(write_invitation(whole), "enroll.yaml").value() == whole));
    // Digits alone stay words.
    for (const auto* name : {"7", "0x1f", "1e5", "true", "no", "null"}) {
        Invitation odd = whole;
        odd.name = name;
        odd.site = name;
        BOOST_TEST((*parse_invitation(write_invitation(odd), "enroll.yaml").value() == odd));
    }
    const auto least = parse_invitation("url: https://10.0.0.1\nfingerprint: 3f9a1c42e0b75d18\n", "enroll.yaml");
    BOOST_TEST(least.value()->ticket == "");
    BOOST_TEST(!parse_invitation("# nothing\n", "enroll.yaml").value().has_value());
}

BOOST_AUTO_TEST_CASE(what_is_none_is_refused_with_line_and_remedy) {
    const std::string good = "url: https://hub:8443\nfingerprint: 3f9a1c42e0b75d18\n";
    BOOST_TEST(refusal(good) == "accepted");
    const std::pair<std::string, const char*> cases[] = {
        {"url: https://hub:8443\n", "fingerprint"},
        {"fingerprint: 3f9a1c42e0b75d18\n", "url"},
        {"url: http://hub:8443\nfingerprint: 3f9a1c42e0b75d18\n", "enroll.yaml:1: url: is no authority's address"},
        {"url: https://hub/x\nfingerprint: 3f9a1c42e0b75d18\n", "write https://HOST:PORT"},
        {"url: https://hub\nfingerprint: 3f9a1c42e0b75d1\n", "enroll.yaml:2: fingerprint: is none"},
        {"url: https://hub\nfingerprint: 3F9A1C42E0B75D18\n", "fingerprint: is none"},
        {good + "ticket: \"\"\n", "enroll.yaml:3: ticket: is empty"},
        {good + "ticket: a b\n", "ticket: is no code"},
        {good + "site: North\n", "site: is no name"},
        {good + "name: ../x\n", "name: is no name"},
        {good + "tickte: A\n", "did you mean 'ticket'?"},
        {good + "url: https://other\n", "stands twice"},
        {std::string(invitation_limit + 1, '#'), "larger than 16 KiB"},
    };
    for (const auto& [text, words] : cases) BOOST_TEST(refusal(text).contains(words), text << " -> " << refusal(text));
}

BOOST_AUTO_TEST_CASE(the_ticket_goes_and_the_rest_stays) {
    const auto scratch = Scratch::make("invitation").value();
    const auto file = scratch.path() / invitation_file;
    BOOST_TEST(!load_invitation(scratch.path()).value().has_value());
    BOOST_TEST(forget_ticket(scratch.path()).has_value());
    BOOST_TEST(!std::filesystem::exists(file));
    BOOST_REQUIRE(keep_invitation(scratch.path(), whole).has_value());
    BOOST_TEST((std::filesystem::status(file).permissions() == std::filesystem::perms(0600)));
    BOOST_TEST((*load_invitation(scratch.path()).value() == whole));
    BOOST_REQUIRE(forget_ticket(scratch.path()).has_value());
    BOOST_TEST(!read_whole(file).value().contains(whole.ticket));
    BOOST_TEST(load_invitation(scratch.path()).value()->url == whole.url);
    BOOST_TEST((std::filesystem::status(file).permissions() == std::filesystem::perms(0600)));
}

BOOST_AUTO_TEST_CASE(addresses_of_authorities) {
    for (const auto* wrong : {"", "http://hub", "https://", "https://hub/path", "https://ada@hub", "https://hub x"})
        BOOST_TEST((check_line(wrong).error().code == Code::Corrupt), wrong);
    for (const auto* right : {"https://hub.clinic.example:8443", "https://[fd00::1]:8443"})
        BOOST_TEST(check_line(right).has_value(), right);
}
