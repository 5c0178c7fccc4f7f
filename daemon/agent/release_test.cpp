#include "agent/release.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::agent;

namespace {

const std::string good =
    R"({"format":1,"board":"generic-x86-64","profile":"dev","runtime":"podman","version":"0.1.0","options":["gpu"],)"
    R"("development":true,"capabilities":{"tpm":"late","secure_boot":true}})";

std::string with(const std::string& from, const std::string& to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_release) {
    const auto release = parse_release(good);
    BOOST_REQUIRE(release);
    BOOST_TEST(release->board == "generic-x86-64");
    BOOST_TEST(release->version == "0.1.0");
    BOOST_TEST((release->options == std::vector<std::string>{"gpu"}));
    BOOST_TEST((release->stage == Stage::Development));
    BOOST_TEST((release->tpm == TpmNeed::Late));
    BOOST_TEST(release->secure_boot);
    BOOST_TEST(!release->disk_pin);
    BOOST_TEST(parse_release(with("\"capabilities\"", "\"disk_pin\":true,\"capabilities\""))->disk_pin);
    BOOST_TEST((parse_release(with("\"development\":true", "\"development\":false"))->stage == Stage::Production));
}

BOOST_AUTO_TEST_CASE(refusals_name_the_key) {
    const std::pair<std::string, std::string> cases[] = {
        {with("\"format\":1", "\"format\":2"), "format"},
        {with("\"board\"", "\"bord\""), "bord"},
        {with("generic-x86-64", "generic x86"), "board"},
        {with("generic-x86-64", ""), "board"},
        {with("generic-x86-64", std::string(65, 'x')), "board"},
        {with("\"podman\"", "7"), "runtime"},
        {with("[\"gpu\"]", "\"gpu\""), "options"},
        {with("[\"gpu\"]", "[\"g p u\"]"), "options"},
        {with("\"gpu\"", "[]"), "options"},
        {with("\"gpu\"", R"("1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17")"), "too many"},
        {with("\"late\"", "\"later\""), "tpm"},
        {with("\"development\":true,", ""), "development"},
        {with("\"development\":true,", "\"development\":true,\"disk_pin\":1,"), "disk_pin"},
        {with(",\"capabilities\":{\"tpm\":\"late\",\"secure_boot\":true}", ""), "capabilities"},
        {with("\"secure_boot\":true", "\"secure_boot\":1"), "secure_boot"},
        {with("\"secure_boot\":true", "\"secure_boot\":true,\"wings\":true"), "wings"},
        {"", "JSON"},
        {std::string(70'000, ' '), "bytes"}};
    for (const auto& [text, word] : cases) {
        const auto refused = parse_release(text);
        BOOST_REQUIRE_MESSAGE(!refused, text);
        BOOST_TEST(refused.error().what.contains(word), refused.error().what);
    }
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_named) {
    const auto missing = load_release("/no/such/root");
    BOOST_REQUIRE(!missing);
    BOOST_TEST((missing.error().code == Code::NotFound));
    BOOST_TEST(missing.error().what.contains("release.json"));
}
