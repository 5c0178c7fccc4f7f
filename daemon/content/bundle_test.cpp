#include "content/bundle.hpp"

#include "base/digest.hpp"

#include <boost/test/unit_test.hpp>

using namespace holdfast;
using namespace holdfast::content;

namespace {

Header header() {
    const std::string object("a commit, as bytes\0\xff", 20);
    const Content os{
        "holdfast/x/dev/podman", sha256_hex(object), std::string(64, 'a'), object, "signed", 0, 2, 1000, 7};
    const Content policy{"policy/site", sha256_hex("p"), "", "p", "", 2, 1, 10, 1};
    return {"zstd 1", {os, policy}, {{10, sha256_hex("0")}, {20, sha256_hex("1")}, {30, sha256_hex("2")}}};
}

// The header's JSON with one text in it replaced.
std::string with(const std::string& from, const std::string& to) {
    std::string json = write_header(header());
    const auto at = json.find(from);
    BOOST_TEST_REQUIRE(at != json.npos, from);
    return json.replace(at, from.size(), to);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_header_comes_back) {
    BOOST_TEST((parse_header(write_header(header())).value() == header()));
    BOOST_TEST(header().payload() == 60U);
    BOOST_TEST(header().offset_of(2) == 30U);
}

BOOST_AUTO_TEST_CASE(what_no_publisher_writes_is_refused_by_name) {
    const struct {
        std::string from, to, words;
    } cases[] = {
        {R"("format":1)", R"("format":2)", "newer format"},
        {R"("format":1)", R"("format":1,"more":1)", "unknown key 'more'"},
        {R"("ref":"policy/site")", R"("ref":"policy/../site")", "is no ref"},
        {R"("ref":"policy/site")", R"("ref":"/policy")", "is no ref"},
        {R"("ref":"policy/site")", R"("ref":"")", "is no ref"},
        {R"("object":"cA==")", R"("object":"cQ==")", "not the one its checksum names"},
        {R"("object":"cA==")", R"("object":"cA=")", "not base64"},
        {R"("first":2)", R"("first":1)", "do not follow"},
        {R"([30,)", R"([0,)", "a chunk is of at most"},
        {R"([30,)", R"([9000000,)", "a chunk is of at most"},
        {R"("from":"")", R"("from":"x")", "64 hexadecimal digits"},
    };
    for (const auto& each : cases) {
        const auto parsed = parse_header(with(each.from, each.to));
        BOOST_TEST_REQUIRE(!parsed, each.to);
        BOOST_TEST(parsed.error().what.contains(each.words), parsed.error().what);
    }
    auto more = header();
    more.chunks.push_back({1, sha256_hex("")});
    BOOST_TEST(parse_header(write_header(more)).error().what.contains("not those of the contents"));
}

BOOST_AUTO_TEST_CASE(the_first_bytes_tell_a_bundle_and_its_sizes) {
    const std::string bytes = write_prefix({123456, 789});
    BOOST_TEST(bytes.size() == bundle_prefix);
    const Sizes sizes = parse_prefix(bytes).value();
    BOOST_TEST(sizes.header == 123456U);
    BOOST_TEST(sizes.payload_at() == bundle_prefix + 123456U + 789U);
    BOOST_TEST(parse_prefix("holdfast-bundle\n").error().what.contains("not a bundle"));
    BOOST_TEST(parse_prefix("<!DOCTYPE html><html><body>").error().what.contains("not a bundle"));
    BOOST_TEST(parse_prefix(write_prefix({header_limit + 1, 1})).error().what.contains("larger than any"));
}
