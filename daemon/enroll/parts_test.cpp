#include "enroll/parts.hpp"

#include "base/text.hpp"
#include "enroll/request.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>

using namespace holdfast;
using namespace holdfast::enroll;

namespace {

// Half of it packs well, as logs do; half does not, as keys.
std::string message() {
    std::string bytes;
    std::minstd_rand generator(1);
    for (unsigned i = 0; i < 20'000; ++i) bytes += i % 2 ? static_cast<char>(generator() >> 11U) : 'a';
    return bytes;
}

std::string refusal(const std::string& lines) {
    const auto joined = join_parts(lines);
    BOOST_REQUIRE(!joined.has_value());
    BOOST_TEST((joined.error().code == Code::Corrupt));
    return joined.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(base_45_is_that_of_the_rfc) {
    for (const auto& [bytes, text] : {std::pair<std::string, std::string>{"AB", "BB8"},
                                      {"Hello!!", "%69 VD92EX0"},
                                      {"base-45", "UJCLQE7W581"},
                                      {"ietf!", "QED8WEX0"}}) {
        BOOST_TEST(to_base45(bytes) == text);
        BOOST_TEST(from_base45(text).value() == bytes);
    }
    for (const auto* text : {"GGW ", "A", ":::", "::", "abc", "GGW", "FGW"}) {
        const bool good = std::string(text) == "FGW";  // 65535, the largest
        BOOST_TEST(from_base45(text).has_value() == good, text);
    }
}

BOOST_AUTO_TEST_CASE(a_message_comes_together_in_any_order) {
    const std::string sent = message();
    for (const std::size_t letters : {std::size_t{300}, std::size_t{1000}, std::size_t{4296}}) {
        auto parts = write_parts(sent, letters).value();
        BOOST_TEST(parts.size() > 1U);
        for (const auto& part : parts) BOOST_TEST(part.size() <= letters);
        std::ranges::reverse(parts);
        parts.push_back(parts.front());
        const std::string lines = join(parts, "\r\n") + "\n\n";
        BOOST_TEST(are_parts(lines));
        BOOST_TEST((join_parts(lines).value() == sent));
    }
    BOOST_TEST(!are_parts(sent));
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_misread_is_told) {
    auto parts = write_parts(message(), 1000).value();
    BOOST_TEST(refusal("").contains("no part"));
    BOOST_TEST(refusal("https://example.org/").contains("is no part"));
    BOOST_TEST(refusal(join({parts.begin() + 2, parts.end()}, "\n")).starts_with("parts are missing: 1 2 of "));
    auto changed = parts;
    std::swap(changed[1][30], changed[1][31]);
    BOOST_TEST(refusal(join(changed, "\n")) != "");
    BOOST_TEST(refusal(parts[0] + "\n" + write_parts("another", 1000)->front()).contains("different requests"));
    for (const auto* line : {"HF1/0/1/01234567/A", "HF1/2/1/01234567/A", "HF1/1/401/01234567/A", "HF1/1/1/0123/A",
                             "HF2/1/1/01234567/A", "HF1/1/1/01234567"})
        BOOST_TEST(refusal(line).contains("is no part"), line);
    // What unpacks to more than any request is.
    const std::string bomb = join(write_parts(std::string(request_limit + 1, 'x'), 4296).value(), "\n");
    BOOST_TEST(refusal(bomb).contains("make no request"));
    BOOST_TEST((write_parts(message(), 60).error().code == Code::Corrupt));
}
